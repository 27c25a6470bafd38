// Tools that need nothing from the client.
import { fromJsonSchema } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { after, PNG, said, WAV } from './sample.mjs';

const nothing = z.object({});
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const embedded = {
  uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.',
};
const mixed = {
  uri: 'test://mixed-content-resource', mimeType: 'application/json', text: JSON.stringify({ test: 'data', value: 123 }),
};

const contents = {
  test_simple_text: [{ type: 'text', text: 'This is a simple text response for testing.' }],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  test_embedded_resource: [{ type: 'resource', resource: embedded }],
  test_multiple_content_types: [
    { type: 'text', text: 'Multiple content types test:' }, image, { type: 'resource', resource: mixed },
  ],
};

// The words of the specification's revision of JSON Schema that a careless server loses.
const rich = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};
const ofHeader = {
  type: 'object',
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  required: ['region'],
};

async function logs(_, ctx) {
  const steps = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];
  for (const [at, step] of steps.entries()) {
    if (at > 0) await after(50);
    await ctx.mcpReq.log('info', step);
  }
  return said('Logged three times');
}

async function progresses(_, ctx) {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  for (const progress of [0, 50, 100]) {
    if (progress > 0) await after(50);
    if (progressToken !== undefined) {
      await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
    }
  }
  return said('Progressed three times');
}

let cancelled = 0;

/** Tells that it began, and ends when the client takes the call back. */
async function waits(_, ctx) {
  const { signal } = ctx.mcpReq;
  const gone = new Promise((resolve) => { signal.onabort = () => resolve(true); });
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken !== undefined) {
    await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
  }
  if (await Promise.race([gone, after(60_000)])) cancelled += 1;
  return said('Nobody waits for this');
}

/** Says how often that was since it was last asked. */
async function tellsCancelled() {
  const count = cancelled;
  cancelled = 0;
  return said(`Taken back: ${count}`);
}

/** Registers them. */
export function offerTools(server, changes) {
  const tool = (name, description, inputSchema, act) => server.registerTool(name, { description, inputSchema }, act);
  for (const [name, content] of Object.entries(contents)) {
    tool(name, 'Content that is always the same', nothing, async () => ({ content }));
  }
  const message = z.object({ message: z.string() });
  tool('echo', 'Says the message again', message, async (given) => said(`Echo: ${given.message}`));
  tool('test_tool_with_logging', 'Logs three times', nothing, logs);
  tool('test_logging_tool', 'Logs three times', nothing, logs);
  tool('test_tool_with_progress', 'Tells its progress three times', nothing, progresses);
  tool('test_error_handling', 'Always fails', nothing, async () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  tool('test_wait', 'Ends when it is cancelled', nothing, waits);
  tool('test_cancelled', 'How often test_wait was cancelled', nothing, tellsCancelled);
  tool('test_reconnection', 'Cuts its stream before it answers', nothing, async (_, ctx) => {
    ctx.http?.closeSSE?.();
    await after(100);
    return said('Answered after the stream was cut');
  });
  tool('test_trigger_tool_change', 'Tells that the tools changed', nothing, async () => {
    await changes.tools();
    return said('Told');
  });
  tool('test_trigger_prompt_change', 'Tells that the prompts changed', nothing, async () => {
    await changes.prompts();
    return said('Told');
  });
  tool('test_trigger_resource_update', 'Tells that the watched resource changed', nothing, async () => {
    await changes.resource('test://watched-resource');
    return said('Told');
  });
  tool('json_schema_2020_12_tool', 'Tool with JSON Schema 2020-12 features', fromJsonSchema(rich), async () => said('Right'));
  tool('test_header', 'Its argument is in a header too', fromJsonSchema(ofHeader), async ({ region }) => said(region));
}
