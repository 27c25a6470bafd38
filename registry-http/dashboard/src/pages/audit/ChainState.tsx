import { useQuery } from '@tanstack/react-query';
import type { AuditEntry } from '@/api/schema';
import { classes } from '@/ui/class';
import { count } from '@/ui/format';
import { Icon } from '@/ui/Icon';
import { type ChainLook, look } from './chain';

/** Whether the entries on the page fit what they say of themselves and of each other. */
export function ChainState({ entries }: { entries: readonly AuditEntry[] }) {
  const canLook = window.isSecureContext;
  const hashes = entries.map(({ hash }) => hash);
  const { data } = useQuery({ queryKey: ['chain', hashes], queryFn: () => look(entries), enabled: canLook });
  const isBad = data !== undefined && data.wrong.length + data.broken.length > 0;
  return (
    <section
      aria-label="Chain of the audit log"
      className={classes('card flex flex-col gap-2 p-4 text-sm', isBad && 'border-danger')}
    >
      <p
        role={isBad ? 'alert' : 'status'}
        className={classes('flex items-start gap-2 font-medium', isBad && 'text-danger')}
      >
        <Icon name={isBad ? 'warning' : 'check'} className={classes('mt-px size-4.5', !isBad && 'text-good')} />
        {canLook ? data && told(data) : 'Hashes are not compared: browsers compute them over HTTPS only.'}
      </p>
      <details className="text-quiet">
        <summary className="w-fit cursor-pointer rounded">What this proves, and what it does not</summary>
        <p className="max-w-prose pt-2">
          Each entry has a hash of what it says and of the hash of the entry before it in its tenant’s chain. This page
          computed the hashes of the entries that it shows, and compared those that are neighbours. So none of them was
          changed by itself, and none between neighbours was taken out. That nothing is missing at the end, and that
          nobody who can write to the store wrote the whole chain anew, it cannot tell: that takes the full check,{' '}
          <code className="font-mono">mcp-registry audit verify</code>, with a head that was noted elsewhere before.
        </p>
      </details>
    </section>
  );
}

function told({ entries, wrong, links, broken }: ChainLook): string {
  if (wrong.length > 0) return `The hash does not belong to the content of ${numbers(wrong)}.`;
  if (broken.length > 0) return `The chain is broken at ${numbers(broken)}.`;
  const neighbours = links === 1 ? '1 pair of neighbours fits' : `${count(links)} pairs of neighbours fit`;
  return `The hashes of all ${count(entries)} entries on this page belong to what they say, and ${neighbours} together.`;
}

function numbers(list: readonly number[]): string {
  return `${list.length === 1 ? 'entry' : 'entries'} ${list.map((seq) => `#${seq}`).join(', ')}`;
}
