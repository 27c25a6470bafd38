import { Page } from '@/ui/Page';

export function ServersPage() {
  return <Page title="Servers">{null}</Page>;
}
