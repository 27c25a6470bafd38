/** What the gateway or the server answers when it does not do as asked. */
export class McpError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'McpError';
    this.code = code;
  }
}

interface Message {
  id?: unknown;
  result?: unknown;
  error?: { code?: number; message?: string };
}

const LINE_END = /\r\n|\r|\n/;
const BLOCK_END = /\r\n\r\n|\n\n|\r\r/;

/** The result of request `id`: the answer is JSON, or comes as an event among others. */
export async function answerOf(response: Response, id: number): Promise<unknown> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const message = isStream
    ? await inStream(response, id)
    : ((await response.json().catch(() => null)) as Message | null);
  if (message?.error) throw new McpError(message.error.code ?? 0, message.error.message ?? 'no reason was given');
  if (!response.ok) throw new McpError(0, `the service answered ${response.status}`);
  if (!message || !('result' in message)) throw new McpError(0, 'the server did not answer as MCP has it');
  return message.result;
}

async function inStream(response: Response, id: number): Promise<Message | null> {
  for await (const event of events(response)) {
    const message = JSON.parse(event) as Message;
    if (message.id === id) return message;
  }
  return null;
}

/** The data of the events of a stream, one after the other. */
async function* events(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let text = '';
  try {
    for (;;) {
      const { done, value = '' } = await reader.read();
      text += value;
      const blocks = text.split(BLOCK_END);
      text = done ? '' : (blocks.pop() ?? '');
      yield* blocks.map(dataOf).filter(Boolean);
      if (done) return;
    }
  } finally {
    await reader.cancel();
  }
}

function dataOf(block: string): string {
  const lines = block.split(LINE_END).filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
}
