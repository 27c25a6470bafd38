import { useMe } from '@/api/me';
import type { Server } from '@/api/schema';
import { Copy } from '@/ui/Copy';
import { Fact, Section } from '@/ui/Page';
import { mcpUrl } from '../url';
import { AUTH_TYPES, TRANSPORTS } from '../words';

/** Where the server is, and where clients reach it. */
export function Connection({ server }: { server: Server }) {
  const url = mcpUrl(server, useMe());
  return (
    <Section title="Connection">
      <dl className="card grid gap-4 p-4">
        <Fact name="Clients call it at">
          <span className="flex flex-wrap items-center gap-2">
            <span className="min-w-0 flex-1 font-mono text-sm break-all">{url}</span>
            <Copy text={url} label="Copy" />
          </span>
        </Fact>
        <Fact name="The registry calls it at">
          <span className="font-mono text-sm break-all">{server.endpointUrl}</span>
        </Fact>
        <Fact name="Transport">{TRANSPORTS[server.transportType]}</Fact>
        <Fact name="Authentication">{AUTH_TYPES[server.authType]}</Fact>
      </dl>
    </Section>
  );
}
