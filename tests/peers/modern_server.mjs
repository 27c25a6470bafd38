// A server of the protocol's era 2026-07-28 (no sessions) on streamable HTTP, and of no older one.
// PORT=0 takes a free port; the first line on standard output is the URL.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const handler = createMcpHandler(
  () => {
    const server = new McpServer({ name: 'modern', version: '1.0.0' });
    const inputSchema = z.object({ message: z.string() });
    server.registerTool('echo', { description: 'Says the message again', inputSchema }, async ({ message }) => ({
      content: [{ type: 'text', text: `Echo: ${message}` }],
    }));
    return server;
  },
  { legacy: 'reject' },
);

const http = createServer(toNodeHandler(handler));
http.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${http.address().port}/mcp`);
});
