import { useState } from 'react';
import { api } from '@/api/client';
import type { Capability, Server } from '@/api/schema';
import { Capabilities } from '../tabs/Capabilities';
import { useListPlace } from '../tabs/list';
import { ToolItem } from './ToolItem';
import { TryTool } from './TryTool';

const MOST = 100;

/** What the server can do, each to be looked at and tried. */
export default function ToolsTab({ server }: { server: Server }) {
  const place = useListPlace();
  const [tried, setTried] = useState<Capability>();
  const params = { path: { id: server.id }, query: { page: place.page, limit: MOST } };
  const list = api.useQuery('get', '/api/servers/{id}/tools', { params });
  return (
    <>
      <Capabilities list={list} noun="tools" heading="Tools" place={place}>
        {(tool) => <ToolItem key={tool.name} server={server} tool={tool} onTry={() => setTried(tool)} />}
      </Capabilities>
      {tried && <TryTool server={server} tool={tried} onClose={() => setTried(undefined)} />}
    </>
  );
}
