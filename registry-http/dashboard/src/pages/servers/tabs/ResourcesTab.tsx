import { useState } from 'react';
import { api } from '@/api/client';
import type { Server } from '@/api/schema';
import { Section } from '@/ui/Page';
import { Capabilities } from './Capabilities';
import { CapabilityItem } from './CapabilityItem';
import { useListPlace } from './list';

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
  const place = useListPlace();
  const params = { path: { id: server.id }, query: { page: place.page, limit: MOST } };
  const list = api.useQuery('get', '/api/servers/{id}/resources', { params });
  return (
    <Capabilities list={list} noun="resources" heading="Resources" place={place}>
      {(item) => <CapabilityItem key={item.name} item={item} />}
    </Capabilities>
  );
}

function Templates({ server }: { server: Server }) {
  // There are few, and the address is of the resources.
  const [page, onPage] = useState(1);
  const [search, onSearch] = useState('');
  const params = { path: { id: server.id }, query: { page, limit: MOST } };
  const list = api.useQuery('get', '/api/servers/{id}/resource-templates', { params });
  // Most servers have none, and that is worth no words.
  if (!list.data || list.data.items.length === 0) return null;
  return (
    <Section title="Resource templates">
      <Capabilities list={list} noun="templates" place={{ page, search, onPage, onSearch }}>
        {(item) => <CapabilityItem key={item.name} item={item} />}
      </Capabilities>
    </Section>
  );
}
