import { words } from '@/ui/format';
import { type Difference, shown } from './diff';

/** What a change changed, before and after. */
export function Diff({ differences }: { differences: readonly Difference[] }) {
  return (
    <ul className="flex flex-col gap-3">
      {differences.map(({ field, before, after, isSecret }) => (
        <li key={field} className="flex flex-col gap-1">
          <p className="text-sm font-medium">{spelled(field)}</p>
          {isSecret ? (
            <p className="text-sm text-quiet">Changed. What it was and is, the log does not tell.</p>
          ) : (
            <div className="grid gap-1 sm:grid-cols-2 sm:gap-2">
              <Side sign="−" name="Before" value={shown(before)} className="bg-danger-soft text-danger" />
              <Side sign="+" name="After" value={shown(after)} className="bg-good-soft text-good" />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function Side({ sign, name, value, className }: { sign: string; name: string; value: string; className: string }) {
  return (
    <div className={`flex gap-2 rounded-lg px-3 py-2 font-mono text-sm ${className}`}>
      <span aria-hidden="true">{sign}</span>
      <span className="sr-only">{name}:</span>
      <span className="min-w-0 whitespace-pre-wrap">{value}</span>
    </div>
  );
}

/** `endpointUrl` is "Endpoint url". */
function spelled(field: string): string {
  return words(field.replaceAll(/([A-Z])/g, ' $1').toLowerCase());
}
