// A server with everything that the official conformance suite asks for, of both eras at one URL: 2026-07-28 without
// sessions, and 2025-03-26 to 2025-11-25 with sessions. PORT=0 takes a free port; the first line on standard output is
// the URL.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { EventLog } from './event_log.mjs';
import { conformingServer } from './offer.mjs';

// Open event streams of the new era are told of changes by their handler, whichever request made the change.
const changes = {
  tools: () => modern.notify.toolsChanged(),
  prompts: () => modern.notify.promptsChanged(),
  resource: (uri) => modern.notify.resourceUpdated(uri),
};
const modern = createMcpHandler(() => conformingServer(changes), { legacy: 'reject' });

const sessions = new Map();

function noSession() {
  const error = { code: -32001, message: 'Session not found' };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 });
}

async function session(request) {
  const id = request.headers.get('mcp-session-id');
  if (id !== null) return sessions.get(id);
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (made) => { sessions.set(made, transport); },
    onsessionclosed: (closed) => { sessions.delete(closed); },
    eventStore: new EventLog(),
    retryInterval: 100,
  });
  const server = conformingServer({
    tools: () => server.sendToolListChanged(),
    prompts: () => server.sendPromptListChanged(),
    resource: (uri) => server.server.sendResourceUpdated({ uri }),
  });
  await server.connect(transport);
  return transport;
}

async function fetch(request) {
  if (!(await isLegacyRequest(request))) return modern.fetch(request);
  const transport = await session(request);
  return transport === undefined ? noSession() : transport.handleRequest(request);
}

const answer = toNodeHandler({ fetch });
const [hostIsLocal, originIsLocal] = [localhostHostValidation(), localhostOriginValidation()];
const http = createServer((request, response) => {
  if (hostIsLocal(request, response) && originIsLocal(request, response)) answer(request, response);
});
http.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${http.address().port}/mcp`);
});
