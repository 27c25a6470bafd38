import { useState } from 'react';
import { useMe } from '@/api/me';
import type { Server } from '@/api/schema';
import { Code } from '@/ui/Code';
import { Tabs } from '@/ui/Tabs';
import { CLIENTS } from './clients';
import { mcpUrl } from './url';

/** What is pasted into a client to call `server`. It never holds a key. */
export function ClientSettings({ server }: { server: Pick<Server, 'id' | 'slug' | 'tenantId'> }) {
  const me = useMe();
  const [client, setClient] = useState('vscode');
  const url = mcpUrl(server, me);
  const tabs = CLIENTS.map(({ id, name, hint, settings }) => ({
    id,
    name,
    content: () => (
      <div className="flex flex-col gap-2">
        <p className="text-sm text-quiet">{hint}</p>
        <Code text={settings(server.slug, url)} label={`Settings of ${name}`} />
      </div>
    ),
  }));
  return <Tabs label="Client" tabs={tabs} selected={client} onSelect={setClient} />;
}
