// The client of npm `@modelcontextprotocol/sdk`: the eras before 2026-07-28.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { answer, notified, run } from './steps.mjs';

const calls = {
  'initialize': (client) => ({ server: client.getServerVersion(), capabilities: client.getServerCapabilities() }),
  'ping': (client) => client.ping(),
  'tools/list': (client, params) => client.listTools(params),
  'tools/call': (client, params, options) => client.callTool(params, undefined, options),
  'resources/list': (client, params) => client.listResources(params),
  'resources/templates/list': (client, params) => client.listResourceTemplates(params),
  'resources/read': (client, params) => client.readResource(params),
  'watch': (client, params) => client.subscribeResource(params),
  'prompts/list': (client, params) => client.listPrompts(params),
  'prompts/get': (client, params) => client.getPrompt(params),
  'completion/complete': (client, params) => client.complete(params),
  'logging/setLevel': (client, params) => client.setLoggingLevel(params.level),
};

const questions = [CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema];

await run(async (url, headers) => {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const client = new Client({ name: 'typescript-v1', version: '1.0.0' }, { capabilities });
  for (const schema of questions) client.setRequestHandler(schema, ({ method, params }) => answer(method, params));
  client.fallbackNotificationHandler = async (notification) => notified(notification);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  return { call: (method, params, options) => calls[method](client, params, options), close: () => client.close() };
});
