import { Page } from '@/ui/Page';

export function TenantsPage() {
  return <Page title="Tenants">{null}</Page>;
}
