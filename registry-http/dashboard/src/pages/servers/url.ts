import type { Me, Server } from '@/api/schema';

/** Where clients call the server. One of another tenant goes by its id: its slug may be one's own server's too. */
export function mcpUrl(server: Pick<Server, 'id' | 'slug' | 'tenantId'>, me: Pick<Me, 'tenantId'>): string {
  const isForeign = Boolean(server.tenantId) && server.tenantId !== me.tenantId;
  return `${window.location.origin}/mcp/${isForeign ? server.id : server.slug}`;
}
