// The conforming server on standard input and output, of both eras.
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { conformingServer } from './offer.mjs';

serveStdio(() => {
  const server = conformingServer({
    tools: () => server.sendToolListChanged(),
    prompts: () => server.sendPromptListChanged(),
    resource: (uri) => server.server.sendResourceUpdated({ uri }),
  });
  return server;
});
