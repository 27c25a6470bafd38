import type { Identity } from '@/api/schema';
import { Section } from '@/ui/Page';

/** As whom one signs in elsewhere. */
export function Identities({ identities }: { identities: readonly Identity[] }) {
  return (
    <Section title="Identity providers">
      <div className="card flex flex-col gap-3 p-4 sm:p-5">
        {identities.length === 0 ? (
          <p className="text-quiet">You sign in with a password only.</p>
        ) : (
          <ul className="flex flex-col divide-y divide-line">
            {identities.map(({ issuer, subject }) => (
              <li key={`${issuer} ${subject}`} className="py-2 first:pt-0 last:pb-0">
                <p className="font-medium">{issuer}</p>
                <p className="font-mono text-sm text-quiet">{subject}</p>
              </li>
            ))}
          </ul>
        )}
        <p className="text-sm text-quiet">An administrator links accounts to identities, and takes them away.</p>
      </div>
    </Section>
  );
}
