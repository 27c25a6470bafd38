/** A program that calls servers, and what is put into its settings. */
export interface Client {
  id: string;
  name: string;
  /** Where it goes, and what has to be done besides. */
  hint: string;
  settings: (server: string, url: string) => string;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** The name of the environment variable that holds the key. */
const VARIABLE = 'MCP_REGISTRY_KEY';

function vsCode(server: string, url: string): string {
  const input = 'mcp-registry-key';
  return json({
    inputs: [{ type: 'promptString', id: input, description: 'Key of the MCP registry', password: true }],
    servers: { [server]: { type: 'http', url, headers: { Authorization: `Bearer \${input:${input}}` } } },
  });
}

const cursor = (server: string, url: string): string =>
  json({ mcpServers: { [server]: { url, headers: { Authorization: `Bearer \${env:${VARIABLE}}` } } } });

const claudeCode = (server: string, url: string): string =>
  `claude mcp add --transport http ${server} ${url} --header "Authorization: Bearer $${VARIABLE}"`;

/** It starts programs; no space after `Authorization:`, as some systems pass arguments with spaces on in pieces. */
function claudeDesktop(server: string, url: string): string {
  const { protocol, hostname } = new URL(url);
  const isOwnMachine = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const plain = protocol === 'http:' && !isOwnMachine ? ['--allow-http'] : [];
  const args = ['-y', 'mcp-remote', url, ...plain, '--header', 'Authorization:${AUTH_HEADER}'];
  return json({ mcpServers: { [server]: { command: 'npx', args, env: { AUTH_HEADER: 'Bearer <your key>' } } } });
}

const generic = (server: string, url: string): string =>
  json({ mcpServers: { [server]: { type: 'http', url, headers: { Authorization: 'Bearer <your key>' } } } });

/** Programs whose settings are known here, as docs/api.md has them. */
export const CLIENTS: readonly Client[] = [
  { id: 'vscode', name: 'VS Code', hint: 'In .vscode/mcp.json. It asks for the key once.', settings: vsCode },
  {
    id: 'cursor',
    name: 'Cursor',
    hint: `In ~/.cursor/mcp.json or .cursor/mcp.json. The key is in the environment variable ${VARIABLE}.`,
    settings: cursor,
  },
  {
    id: 'claude-code',
    name: 'Claude Code',
    hint: `At the command line. The key is in the environment variable ${VARIABLE}.`,
    settings: claudeCode,
  },
  {
    id: 'claude-desktop',
    name: 'Claude Desktop',
    hint: 'In claude_desktop_config.json. Put your key in the place of <your key>.',
    settings: claudeDesktop,
  },
  { id: 'generic', name: 'Other', hint: 'Put your key in the place of <your key>.', settings: generic },
];
