import { answerOf, McpError } from './answer';

/** The newest version with sessions, and the first one without. */
const WITH_SESSION = '2025-11-25';
const WITHOUT_SESSION = '2026-07-28';
const UNSUPPORTED_VERSION = -32022;
const CLIENT = { name: 'mcp-registry-dashboard', version: '1.0.0' };

/** What a tool answered. It is the server's word: to be shown as text. */
export interface ToolResult {
  content?: readonly { type: string; text?: string }[];
  structuredContent?: unknown;
  isError?: boolean;
}

interface Call {
  url: string;
  /** An API key. It goes to `url`, and is kept nowhere. */
  key: string;
  tool: string;
  input: unknown;
  signal: AbortSignal;
}

/** Calls a tool as clients do: over streamable HTTP, with a session if the server has sessions. */
export async function callTool(call: Call): Promise<ToolResult> {
  let session: string | null;
  try {
    session = await begin(call);
  } catch (error) {
    if (error instanceof McpError && error.code === UNSUPPORTED_VERSION) return callWithoutSession(call);
    throw error;
  }
  const version = { 'MCP-Protocol-Version': WITH_SESSION, ...(session && { 'Mcp-Session-Id': session }) };
  try {
    await send(call, { method: 'notifications/initialized' }, version);
    const request = { id: 2, method: 'tools/call', params: { name: call.tool, arguments: call.input } };
    return (await answerOf(await send(call, request, version), 2)) as ToolResult;
  } finally {
    // Nobody waits for the end of a session, and it ends by itself too.
    if (session) void fetch(call.url, { method: 'DELETE', headers: headers(call, version) }).catch(() => undefined);
  }
}

async function begin(call: Call): Promise<string | null> {
  const params = { protocolVersion: WITH_SESSION, capabilities: {}, clientInfo: CLIENT };
  const response = await send(call, { id: 1, method: 'initialize', params });
  await answerOf(response, 1);
  return response.headers.get('mcp-session-id');
}

async function callWithoutSession(call: Call): Promise<ToolResult> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': WITHOUT_SESSION,
    'io.modelcontextprotocol/clientInfo': CLIENT,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: call.tool, arguments: call.input, _meta };
  const mirrored = {
    'MCP-Protocol-Version': WITHOUT_SESSION,
    'Mcp-Method': 'tools/call',
    'Mcp-Name': coded(call.tool),
  };
  return (await answerOf(await send(call, { id: 1, method: 'tools/call', params }, mirrored), 1)) as ToolResult;
}

function send(call: Call, message: object, more: Record<string, string> = {}): Promise<Response> {
  return fetch(call.url, {
    method: 'POST',
    credentials: 'omit',
    cache: 'no-store',
    headers: headers(call, { 'Content-Type': 'application/json', ...more }),
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal: call.signal,
  });
}

function headers({ key }: Call, more: Record<string, string>) {
  return { Authorization: `Bearer ${key}`, Accept: 'application/json, text/event-stream', ...more };
}

/** A name in a header: what a header cannot hold goes in base64 (SEP-2243). */
function coded(name: string): string {
  if (/^[\x21-\x7e]+$/.test(name)) return name;
  const bytes = new TextEncoder().encode(name);
  return `=?base64?${btoa(String.fromCharCode(...bytes))}?=`;
}
