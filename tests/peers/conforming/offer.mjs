// What the conforming server offers, whatever it is reached by.
import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, McpServer } from '@modelcontextprotocol/server';
import { offerAsking } from './asking.mjs';
import { offerPrompts } from './prompts.mjs';
import { offerResources } from './resources.mjs';
import { offerTools } from './tools.mjs';

const state = createRequestStateCodec({ key: randomBytes(32) });
const listChanged = true;
const cached = { ttlMs: 1000, cacheScope: 'private' };

/** A server of its own for one session or request; `changes` tells clients that something changed. */
export function conformingServer(changes) {
  const server = new McpServer({ name: 'conforming', version: '1.0.0' }, {
    capabilities: {
      tools: { listChanged },
      resources: { listChanged, subscribe: true },
      prompts: { listChanged },
      logging: {},
      completions: {},
    },
    cacheHints: {
      'tools/list': cached, 'prompts/list': cached, 'resources/list': cached,
      'resources/templates/list': cached, 'resources/read': cached,
    },
    requestState: { verify: state.verify },
  });
  offerTools(server, changes);
  offerAsking(server, state);
  offerResources(server, changes);
  offerPrompts(server);
  return server;
}
