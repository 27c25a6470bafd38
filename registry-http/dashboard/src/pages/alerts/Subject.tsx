import { Link } from '@tanstack/react-router';
import type { Alert } from '@/api/schema';
import { Name } from '@/ui/Name';

const LINK = 'underline underline-offset-2 hover:text-accent';

/** What an alert is about, with the way there. */
export function Subject({ alert: { subjectType, subjectId } }: { alert: Pick<Alert, 'subjectType' | 'subjectId'> }) {
  switch (subjectType) {
    case 'server':
      return (
        <Link to="/servers/$serverId" params={{ serverId: subjectId }} className={LINK}>
          <Name kind="server" id={subjectId} />
        </Link>
      );
    case 'api_key':
      return (
        <Link to="/keys" search={{ key: subjectId }} className={LINK}>
          Key <Name kind="api_key" id={subjectId} />
        </Link>
      );
    case 'webhook':
      return (
        <Link to="/webhooks" search={{ webhook: subjectId }} className={LINK}>
          A webhook
        </Link>
      );
    case 'user':
      return (
        <>
          User <Name kind="user" id={subjectId} />
        </>
      );
    case 'address':
      return <code className="font-mono text-sm">{subjectId}</code>;
  }
}
