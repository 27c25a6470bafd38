// A small MCP server that puts the same text wherever a server can put one, and may want to know who calls.
import { once } from 'node:events';
import { createServer } from 'node:http';

const schema = (text) => ({
  type: 'object',
  title: text,
  description: text,
  properties: { [text]: { type: 'string', title: text, description: text, default: text, enum: [text] } },
  required: [text],
});

/** What it answers to each method. */
const RESULTS = {
  initialize: (text, { protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {}, resources: {}, prompts: {} },
    serverInfo: { name: text, version: text, title: text },
    instructions: text,
  }),
  ping: () => ({}),
  'tools/list': (text) => ({
    tools: [{ name: 'evil', title: text, description: text, inputSchema: schema(text), annotations: { title: text } }],
  }),
  'tools/call': (text) => ({
    content: [
      { type: 'text', text },
      { type: 'resource_link', uri: 'javascript:hacked=1', name: text, description: text },
    ],
    isError: true,
  }),
  'resources/list': (text) => ({
    resources: [{ uri: 'javascript:hacked=1', name: text, title: text, description: text, mimeType: 'text/html' }],
  }),
  'resources/templates/list': () => ({ resourceTemplates: [] }),
  'resources/read': (text) => ({ contents: [{ uri: 'javascript:hacked=1', mimeType: 'text/html', text }] }),
  'prompts/list': (text) => ({
    prompts: [{ name: text, title: text, description: text, arguments: [{ name: text, description: text }] }],
  }),
};

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text === '' ? {} : JSON.parse(text);
}

/** Whoever may have a token has this one. */
const TOKEN = { access_token: 'granted-to-the-gateway', token_type: 'Bearer', expires_in: 3600 };

async function answer(request, text, state, wants) {
  if (request.method !== 'POST') return { status: 405 };
  if (request.url === '/token') return { status: 200, json: TOKEN };
  if (wants && request.headers[wants.header] !== wants.value) return { status: 401 };
  const { id, method, params } = await body(request);
  if (id === undefined) return { status: 202 };
  const result = state.isBroken ? undefined : RESULTS[method]?.(text, params ?? {});
  const error = { code: state.isBroken ? -32000 : -32601, message: text, data: text };
  return { status: 200, json: { jsonrpc: '2.0', id, ...(result ? { result } : { error }) } };
}

/** What a server wants that gives its callers tokens. */
export const WANTS_TOKEN = { header: 'authorization', value: `Bearer ${TOKEN.access_token}` };

/**
 * Starts it on a port of its own. `wants` is the header, and its value, without which it answers 401. From `breakIt` on, it
 * answers with errors that say the text.
 */
export async function smallServer(text, wants) {
  const state = { isBroken: false };
  const server = createServer(async (request, response) => {
    const { status, json } = await answer(request, text, state, wants);
    response.writeHead(status, json && { 'content-type': 'application/json' });
    response.end(json && JSON.stringify(json));
  }).listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const breakIt = () => {
    state.isBroken = true;
  };
  return { url: `${origin}/mcp`, tokenUrl: `${origin}/token`, breakIt };
}
