import type { Me } from '@/api/schema';
import { Section } from '@/ui/Page';
import { Identities } from './Identities';
import { OwnKeys } from './OwnKeys';
import { PasswordForm } from './PasswordForm';
import { OwnSessions } from './OwnSessions';

/** How one signs in, where one is signed in, and what acts in one's name. */
export function Security({ me }: { me: Me }) {
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <div className="flex flex-col gap-6">
        <OwnSessions />
        <OwnKeys me={me} />
      </div>
      <div className="flex flex-col gap-6">
        <Section title="Password">
          <PasswordForm me={me} />
        </Section>
        <Identities identities={me.identities} />
      </div>
    </div>
  );
}
