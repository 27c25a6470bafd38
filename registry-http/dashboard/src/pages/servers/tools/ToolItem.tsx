import { useMe } from '@/api/me';
import type { Capability, Server } from '@/api/schema';
import { Badge, type Tone } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Code } from '@/ui/Code';
import { Icon } from '@/ui/Icon';
import { More } from '@/ui/More';
import { Time } from '@/ui/Time';
import { mayChange } from '../rights';
import { Approve } from './Approve';

interface ToolItemProps {
  server: Server;
  tool: Capability;
  onTry: () => void;
}

/** A tool, as the server describes it: all of it is the server's word, and text. */
export function ToolItem({ server, tool, onTry }: ToolItemProps) {
  const me = useMe();
  const { name, title, description, definition, held, isCut } = tool;
  return (
    <li className="card flex flex-col gap-3 p-4">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="font-mono font-semibold break-all">{name}</h3>
          {title && title !== name && <p className="text-sm text-quiet">{title}</p>}
        </div>
        <Button size="small" onPress={onTry} aria-label={`Try ${name}`}>
          <Icon name="play" className="size-4" />
          Try
        </Button>
      </div>
      <Hints annotations={definition['annotations']} />
      {description && <p className="whitespace-pre-line">{description}</p>}
      {held && <Approve server={server} tool={tool} mayApprove={mayChange(me, server)} />}
      <More title="Input and output">
        {isCut && <p className="text-quiet">The definition is too large to be kept.</p>}
        <Code label="Input schema" text={JSON.stringify(definition['inputSchema'] ?? {}, null, 2)} />
        {definition['outputSchema'] !== undefined && (
          <Code label="Output schema" text={JSON.stringify(definition['outputSchema'], null, 2)} />
        )}
        <p className="text-sm text-quiet">
          Listed since <Time moment={tool.firstSeenAt} />, last changed <Time moment={tool.changedAt} />.
        </p>
      </More>
    </li>
  );
}

const HINTS: readonly { name: string; value: boolean; word: string; tone: Tone }[] = [
  { name: 'readOnlyHint', value: true, word: 'Reads only', tone: 'good' },
  { name: 'destructiveHint', value: true, word: 'May destroy', tone: 'danger' },
  { name: 'idempotentHint', value: true, word: 'Repeatable', tone: 'quiet' },
  { name: 'openWorldHint', value: true, word: 'Reaches outside', tone: 'quiet' },
];

/** What the server says of how the tool behaves. Nobody vouches for it. */
function Hints({ annotations }: { annotations: unknown }) {
  if (typeof annotations !== 'object' || annotations === null) return null;
  const said = annotations as Record<string, unknown>;
  const hints = HINTS.filter(({ name, value }) => said[name] === value);
  if (hints.length === 0) return null;
  return (
    <p className="flex flex-wrap gap-1.5">
      {hints.map(({ name, word, tone }) => (
        <Badge key={name} tone={tone}>
          {word}
        </Badge>
      ))}
    </p>
  );
}
