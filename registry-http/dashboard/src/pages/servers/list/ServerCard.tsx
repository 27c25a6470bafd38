import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { sentence } from '@/api/error';
import type { Server } from '@/api/schema';
import { classes } from '@/ui/class';
import { Health, ServerState } from '@/ui/Status';
import { Tag } from '@/ui/Tag';
import { Checkbox } from '@/ui/Switch';
import { TRANSPORTS } from '../words';
import { CardActions } from './CardActions';
import { CardFacts } from './CardFacts';

/** More would make a card higher than its neighbours. */
const TAGS_SHOWN = 4;

interface ServerCardProps {
  server: Server;
  isChosen: boolean;
  onChoose: (servers: readonly Server[], isChosen: boolean) => void;
  onTag: (tag: string) => void;
}

/** A server at a glance. One that does not answer stands out. Many are on a page: only those that change are made anew. */
export const ServerCard = memo(function ServerCard({ server, isChosen, onChoose, onTag }: ServerCardProps) {
  const isDown = server.healthStatus === 'unhealthy' && server.status === 'active';
  return (
    <article
      aria-label={server.name}
      className={classes(
        'card flex h-full min-w-0 flex-col gap-3 p-4',
        isDown && 'border-danger border-l-4',
        isChosen && 'ring-2 ring-accent',
      )}
    >
      <div className="flex items-start gap-3">
        <Checkbox
          aria-label={`Choose ${server.name}`}
          isSelected={isChosen}
          onChange={(next) => onChoose([server], next)}
        >
          {null}
        </Checkbox>
        <h2 className="min-w-0 flex-1 leading-tight font-semibold">
          <Link
            to="/servers/$serverId"
            params={{ serverId: server.id }}
            title={server.name}
            className="line-clamp-2 underline-offset-2 hover:text-accent hover:underline"
          >
            {server.name}
          </Link>
        </h2>
        <Health status={server.healthStatus} />
      </div>
      {/* As high as a badge: cards with one and cards without stand in line. */}
      <div className="-mt-2 flex min-h-6 items-center justify-between gap-3 pl-7.5">
        <p className="min-w-0 truncate text-sm text-quiet">
          {server.version} · {TRANSPORTS[server.transportType]}
        </p>
        {server.status !== 'active' && <ServerState status={server.status} />}
      </div>
      <p className={classes('line-clamp-2 min-h-11 text-sm', !server.description && 'text-quiet italic')}>
        {server.description ?? 'No description'}
      </p>
      {isDown && server.lastErrorMessage && (
        <p className="line-clamp-2 rounded-md bg-danger-soft px-2 py-1 text-sm text-danger">
          {sentence(server.lastErrorMessage)}
        </p>
      )}
      <CardFacts server={server} />
      <Tags tags={server.tags} onTag={onTag} />
      <CardActions server={server} />
    </article>
  );
});

/** The first tags; the server's page has all of them. */
function Tags({ tags, onTag }: { tags: readonly string[]; onTag: (tag: string) => void }) {
  if (tags.length === 0) return null;
  const left = tags.slice(TAGS_SHOWN);
  return (
    <ul className="flex flex-wrap gap-1" aria-label="Tags">
      {tags.slice(0, TAGS_SHOWN).map((tag) => (
        <li key={tag} className="min-w-0">
          <button
            type="button"
            className="block max-w-full"
            onClick={() => onTag(tag)}
            aria-label={`Only servers with the tag ${tag}`}
          >
            <Tag name={tag} />
          </button>
        </li>
      ))}
      {left.length > 0 && (
        <li className="text-sm text-quiet" title={left.join(', ')}>
          and {left.length} more
        </li>
      )}
    </ul>
  );
}
