// The client of npm `@modelcontextprotocol/client`: both eras, as `era` says.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { answer, notified, run } from './steps.mjs';

const watched = (uri) => ({ toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: [uri] });

async function watch(client, { uri }) {
  if (client.getNegotiatedProtocolVersion() < '2026-07-28') return client.subscribeResource({ uri });
  const { honoredFilter } = await client.listen(watched(uri));
  return honoredFilter;
}

const calls = {
  'initialize': (client) => ({
    version: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
  }),
  'ping': (client) => client.ping(),
  'tools/list': (client, params) => client.listTools(params),
  'tools/call': (client, params, options) => client.callTool(params, options),
  'resources/list': (client, params) => client.listResources(params),
  'resources/templates/list': (client, params) => client.listResourceTemplates(params),
  'resources/read': (client, params) => client.readResource(params),
  watch,
  'prompts/list': (client, params) => client.listPrompts(params),
  'prompts/get': (client, params) => client.getPrompt(params),
  'completion/complete': (client, params) => client.complete(params),
  'logging/setLevel': (client, params) => client.setLoggingLevel(params.level),
};

await run(async (url, headers, era) => {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
  const client = new Client({ name: 'typescript-v2', version: '1.0.0' }, { capabilities, versionNegotiation: { mode } });
  for (const method of ['sampling/createMessage', 'elicitation/create', 'roots/list']) {
    client.setRequestHandler(method, ({ params }) => answer(method, params));
  }
  client.fallbackNotificationHandler = async (notification) => notified(notification);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  return { call: (method, params, options) => calls[method](client, params, options), close: () => client.close() };
});
