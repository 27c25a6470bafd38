import { useState } from 'react';
import { api } from '@/api/client';
import type { Server } from '@/api/schema';
import { Section } from '@/ui/Page';
import { Capabilities } from './Capabilities';
import { CapabilityItem } from './CapabilityItem';

const MOST = 100;

/** What can be read from the server, and the patterns of more. */
export default function ResourcesTab({ server }: { server: Server }) {
  return (
    <>
      <Resources server={server} />
      <Templates server={server} />
    </>
  );
}

function Resources({ server }: { server: Server }) {
  const [page, setPage] = useState(1);
  const params = { path: { id: server.id }, query: { page, limit: MOST } };
  const list = api.useQuery('get', '/api/servers/{id}/resources', { params });
  return (
    <Capabilities list={list} noun="resources" heading="Resources" onPage={setPage}>
      {(item) => <CapabilityItem key={item.name} item={item} />}
    </Capabilities>
  );
}

function Templates({ server }: { server: Server }) {
  const [page, setPage] = useState(1);
  const params = { path: { id: server.id }, query: { page, limit: MOST } };
  const list = api.useQuery('get', '/api/servers/{id}/resource-templates', { params });
  // Most servers have none, and that is worth no words.
  if (!list.data || list.data.items.length === 0) return null;
  return (
    <Section title="Resource templates">
      <Capabilities list={list} noun="templates" onPage={setPage}>
        {(item) => <CapabilityItem key={item.name} item={item} />}
      </Capabilities>
    </Section>
  );
}
