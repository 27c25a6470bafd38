import { Page } from '@/ui/Page';

export function WebhooksPage() {
  return <Page title="Webhooks">{null}</Page>;
}
