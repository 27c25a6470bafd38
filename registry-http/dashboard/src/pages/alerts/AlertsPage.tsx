import { Page } from '@/ui/Page';

export function AlertsPage() {
  return <Page title="Alerts">{null}</Page>;
}
