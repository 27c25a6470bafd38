// Prompts: simple, with arguments that complete, with a resource and with a picture.
import { completable } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PNG } from './sample.mjs';

const user = (content) => ({ role: 'user', content });
const text = (words) => user({ type: 'text', text: words });

const words = ['paris', 'park', 'party', 'test', 'testing'];
const word = completable(z.string(), (begun) => words.filter((whole) => whole.startsWith(begun)));

async function simple() {
  return { messages: [text('This is a simple prompt for testing.')] };
}

async function withArguments({ arg1, arg2 }) {
  return { messages: [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] };
}

async function withResource({ resourceUri }) {
  const resource = { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
  return { messages: [user({ type: 'resource', resource }), text('Please process the embedded resource above.')] };
}

async function withImage() {
  const image = { type: 'image', data: PNG, mimeType: 'image/png' };
  return { messages: [user(image), text('Please analyze the image above.')] };
}

/** Registers them. */
export function offerPrompts(server) {
  const prompt = (name, description, argsSchema, get) => server.registerPrompt(name, { description, argsSchema }, get);
  prompt('test_simple_prompt', 'Without arguments', undefined, simple);
  prompt('test_prompt_with_arguments', 'With two arguments', z.object({ arg1: word, arg2: word }), withArguments);
  const resourceUri = z.object({ resourceUri: z.string() });
  prompt('test_prompt_with_embedded_resource', 'With a resource', resourceUri, withResource);
  prompt('test_prompt_with_image', 'With a picture', undefined, withImage);
}
