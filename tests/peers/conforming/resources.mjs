// Resources: a text, a picture, one that can be watched, and a template.
import { ResourceTemplate } from '@modelcontextprotocol/server';
import { PNG } from './sample.mjs';

const texts = {
  'test://static-text': 'This is the content of the static text resource.',
  'test://watched-resource': 'This is the content of the watched resource.',
};

async function templated(uri, { id }) {
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { contents: [{ uri: uri.href, mimeType: 'application/json', text }] };
}

/** Registers them. */
export function offerResources(server) {
  for (const [uri, text] of Object.entries(texts)) {
    const about = { description: 'A text', mimeType: 'text/plain' };
    const name = uri.replace('test://', '');
    server.registerResource(name, uri, about, async () => ({ contents: [{ uri, mimeType: 'text/plain', text }] }));
  }
  const uri = 'test://static-binary';
  const contents = [{ uri, mimeType: 'image/png', blob: PNG }];
  const about = { description: 'A picture', mimeType: 'image/png' };
  server.registerResource('static-binary', uri, about, async () => ({ contents }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, { description: 'Made of its id' }, templated);
  // Whoever is told of changes is told of all: what is subscribed to need not be kept.
  server.server.setRequestHandler('resources/subscribe', async () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', async () => ({}));
}
