// MCP servers for the dashboard to show, and what is registered of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { asAdmin } from './steps.mjs';

/** A port that is free. */
async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** npm `server-everything`, which runs until `kill` is called or this program ends. */
export async function everything(port) {
  const own = port ?? (await freePort());
  const child = spawn('node_modules/.bin/mcp-server-everything', ['streamableHttp'], {
    env: { ...process.env, PORT: String(own) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  for await (const line of createInterface(child.stderr)) if (line.includes('listening on port')) break;
  child.stderr.resume();
  // It does not keep this program from its end.
  child.unref();
  child.stderr.unref();
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { url: `http://127.0.0.1:${own}/mcp`, port: own, kill };
}

/** Registers a server; its record, with its key. */
export async function register(input, name, endpointUrl, rest = {}) {
  const body = { name, version: '1.0.0', endpointUrl, autoHealthCheck: false, ...rest };
  return asAdmin(input, 'POST', '/api/servers', body);
}

/** Has a server looked at; deep: its tools are read too. */
export async function check(input, server, deep = true) {
  return asAdmin(input, 'POST', `/api/servers/${server.id}/health-check?deep=${deep}`);
}
