import { Page } from '@/ui/Page';

export function HealthPage() {
  return <Page title="Health">{null}</Page>;
}
