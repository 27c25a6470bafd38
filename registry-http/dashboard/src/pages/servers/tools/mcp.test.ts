import { describe, expect, it, vi } from 'vitest';
import { type Call, mockApi } from '@/test/api';
import { callTool } from './mcp';

const RESULT = { content: [{ type: 'text', text: 'Rain' }] };
const URL_OF_SERVER = `${window.location.origin}/mcp/weather`;

const call = (tool = 'forecast') =>
  callTool({ url: URL_OF_SERVER, key: 'mcp_k', tool, input: { place: 'Oslo' }, signal: new AbortController().signal });

interface Message {
  id?: number;
  method: string;
  params?: Record<string, unknown>;
}
const messageOf = ({ body }: Call) => body as Message;
const result = (id: number | undefined, value: unknown) => ({ jsonrpc: '2.0', id, result: value });

/** A server with sessions, which answers `tools/call` by `answer`. */
function withSessions(answer: (id: number | undefined) => Response): Call[] {
  return mockApi({
    'POST /mcp/weather': (request) => {
      const { id, method } = messageOf(request);
      if (method === 'initialize') return Response.json(result(id, {}), { headers: { 'Mcp-Session-Id': 's1' } });
      return method === 'tools/call' ? answer(id) : new Response(null, { status: 202 });
    },
    'DELETE /mcp/weather': null,
  });
}

const stream = (text: string) => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } });

describe('calling a tool', () => {
  it('begins a session, calls in it, and ends it', async () => {
    const calls = withSessions((id) => Response.json(result(id, RESULT)));
    expect(await call()).toEqual(RESULT);
    await vi.waitFor(() => expect(calls).toHaveLength(4));
    expect(calls.map((one) => (one.method === 'POST' ? messageOf(one).method : one.method))).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
      'DELETE',
    ]);
    expect(calls[0]?.headers.get('authorization')).toBe('Bearer mcp_k');
    expect(calls[2]?.headers.get('mcp-session-id')).toBe('s1');
    expect(calls[2]?.body).toMatchObject({ params: { name: 'forecast', arguments: { place: 'Oslo' } } });
  });

  it('finds the answer among the events of a stream', async () => {
    withSessions((id) =>
      stream(
        `: hello\n\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\r\n\r\n` +
          `data: {"jsonrpc":"2.0","id":${id},\ndata: "result":${JSON.stringify(RESULT)}}\n\n`,
      ),
    );
    expect(await call()).toEqual(RESULT);
  });

  it('says so when a stream ends without the answer', async () => {
    withSessions(() => stream(': nothing\n\n'));
    await expect(call()).rejects.toThrow('the server did not answer as MCP has it');
  });

  it('tells what the gateway says', async () => {
    const error = { code: -32001, message: 'no valid key' };
    mockApi({ 'POST /mcp/weather': Response.json({ jsonrpc: '2.0', id: null, error }, { status: 401 }) });
    await expect(call()).rejects.toThrow('no valid key');
    mockApi({ 'POST /mcp/weather': new Response('?', { status: 502 }) });
    await expect(call()).rejects.toThrow('the service answered 502');
  });

  it('goes without a session where there are none', async () => {
    const calls = mockApi({
      'POST /mcp/weather': (request) => {
        const { id, method } = messageOf(request);
        if (method === 'tools/call') return Response.json(result(id, RESULT));
        const error = { code: -32022, message: 'unsupported', data: { supported: ['2026-07-28'] } };
        return Response.json({ jsonrpc: '2.0', id, error }, { status: 400 });
      },
    });
    expect(await call('vær')).toEqual(RESULT);
    const last = calls.at(-1);
    expect(last?.headers.get('mcp-protocol-version')).toBe('2026-07-28');
    expect(last?.headers.get('mcp-method')).toBe('tools/call');
    expect(last?.headers.get('mcp-name')).toBe('=?base64?dsOmcg==?=');
    expect(calls).toHaveLength(2);
  });
});
