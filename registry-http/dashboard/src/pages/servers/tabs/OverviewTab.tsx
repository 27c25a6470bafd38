import type { Server } from '@/api/schema';
import { sentence } from '@/api/error';
import { Fact, Section } from '@/ui/Page';
import { Time } from '@/ui/Time';
import { Name } from '@/ui/Name';
import { Tag } from '@/ui/Tag';
import { ClientSettings } from '../ClientSettings';
import { Circuit } from './Circuit';
import { Connection } from './Connection';
import { Dependencies } from './Dependencies';
import { Performance } from './Performance';

/** What a server is, where, and how it does. */
export function OverviewTab({ server }: { server: Server }) {
  return (
    <>
      {server.healthStatus === 'unhealthy' && server.lastErrorMessage && (
        <p className="rounded-lg border border-danger bg-danger-soft px-3 py-2 text-danger">
          {sentence(server.lastErrorMessage)} <Time moment={server.lastErrorAt} />
        </p>
      )}
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-5">
          <About server={server} />
          <Performance server={server} />
          <Circuit server={server} />
          <Dependencies server={server} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Connection server={server} />
          <Section title="Settings of clients">
            <div className="card p-4">
              <ClientSettings server={server} />
            </div>
          </Section>
        </div>
      </div>
    </>
  );
}

function About({ server }: { server: Server }) {
  return (
    <Section title="About">
      <div className="card flex flex-col gap-4 p-4">
        <p className={server.description ? 'whitespace-pre-line' : 'text-quiet italic'}>
          {server.description ?? 'No description'}
        </p>
        {server.tags.length > 0 && (
          <ul className="flex flex-wrap gap-1" aria-label="Tags">
            {server.tags.map((tag) => (
              <li key={tag} className="max-w-full">
                <Tag name={tag} />
              </li>
            ))}
          </ul>
        )}
        <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
          <Fact name="Seen by">{server.isPublic ? 'Every tenant' : server.tenantId ? 'Its tenant' : 'Everybody'}</Fact>
          <Fact name="Registered">
            <Time moment={server.createdAt} />
          </Fact>
          <Fact name="Last change">
            <Time moment={server.updatedAt} />
          </Fact>
          <Fact name="Owner">
            <Name kind="user" id={server.ownerId} />
          </Fact>
          {server.category && <Fact name="Category">{server.category}</Fact>}
          <Fact name="Last check">
            <Time moment={server.lastHealthCheck} absent="never" />
          </Fact>
        </dl>
      </div>
    </Section>
  );
}
