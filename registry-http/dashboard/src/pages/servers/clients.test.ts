import { describe, expect, it } from 'vitest';
import { CLIENTS } from './clients';
import { mcpUrl } from './url';

const settings = (id: string, url = 'https://registry.example/mcp/weather') =>
  CLIENTS.find((client) => client.id === id)?.settings('weather', url) ?? '';

describe('the settings of clients', () => {
  it.each(CLIENTS.map(({ id }) => id))('of %s have the URL, and a place for the key', (id) => {
    expect(settings(id)).toContain('https://registry.example/mcp/weather');
    expect(settings(id)).toMatch(/MCP_REGISTRY_KEY|<your key>|\$\{input:/);
  });

  it('of Claude Desktop let plain HTTP through only where it is needed', () => {
    expect(settings('claude-desktop', 'http://registry.example/mcp/weather')).toContain('--allow-http');
    expect(settings('claude-desktop', 'http://127.0.0.1:8080/mcp/weather')).not.toContain('--allow-http');
    expect(settings('claude-desktop')).not.toContain('--allow-http');
  });
});

describe('the URL of a server', () => {
  const server = { id: 'id', slug: 'weather', tenantId: 't1' };

  it('has its name for its own tenant, and its id for others', () => {
    expect(mcpUrl(server, { tenantId: 't1' })).toBe(`${window.location.origin}/mcp/weather`);
    expect(mcpUrl(server, { tenantId: 't2' })).toBe(`${window.location.origin}/mcp/id`);
    expect(mcpUrl({ id: 'id', slug: 'weather' }, { tenantId: 't2' })).toBe(`${window.location.origin}/mcp/weather`);
  });
});
