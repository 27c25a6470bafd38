import type { Me } from '@/api/schema';
import { Name } from '@/ui/Name';
import { Fact, Section } from '@/ui/Page';
import { ROLES } from '@/ui/roles';
import { Time } from '@/ui/Time';
import { Appearance } from './Appearance';
import { ProfileForm } from './ProfileForm';

/** Who one is here, and how the pages look. */
export function Profile({ me }: { me: Me }) {
  return (
    <>
      <dl className="card grid grid-cols-2 gap-4 p-4 sm:p-5 lg:grid-cols-4">
        <Fact name="User name">{me.username}</Fact>
        <Fact name="Role">{ROLES[me.role]}</Fact>
        {me.role === 'admin' && (
          <Fact name="Tenant">
            <Name kind="tenant" id={me.tenantId} />
          </Fact>
        )}
        <Fact name="Member since">
          <Time moment={me.createdAt} />
        </Fact>
      </dl>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Section title="Name and e-mail">
          <ProfileForm me={me} />
        </Section>
        <Section title="Appearance">
          <Appearance />
        </Section>
      </div>
    </>
  );
}
