import { Link } from '@tanstack/react-router';
import type { Server } from '@/api/schema';
import { Name } from '@/ui/Name';
import { Section } from '@/ui/Page';

/** Which servers this one needs, and which need it. */
export function Dependencies({ server }: { server: Server }) {
  const { dependsOn, dependents = [], degradedBy } = server;
  if (dependsOn.length === 0 && dependents.length === 0) return null;
  return (
    <Section title="Dependencies">
      <div className="card grid gap-4 p-4 sm:grid-cols-2">
        {degradedBy && (
          <p className="rounded-lg bg-warning-soft px-3 py-2 text-warning sm:col-span-2">
            It is well itself, but <Name kind="server" id={degradedBy} />, which it needs, is unhealthy.
          </p>
        )}
        <Servers title="It needs" ids={dependsOn} />
        <Servers title="Needed by" ids={dependents} />
      </div>
    </Section>
  );
}

function Servers({ title, ids }: { title: string; ids: readonly string[] }) {
  return (
    <div>
      <h3 className="text-sm text-quiet">{title}</h3>
      <ul>
        {ids.length === 0 && <li className="text-quiet">no server</li>}
        {ids.map((id) => (
          <li key={id}>
            <Link
              to="/servers/$serverId"
              params={{ serverId: id }}
              className="text-accent underline-offset-2 hover:underline"
            >
              <Name kind="server" id={id} />
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
