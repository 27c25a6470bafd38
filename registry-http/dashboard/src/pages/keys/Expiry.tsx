import type { ApiKey } from '@/api/schema';
import { Badge } from '@/ui/Badge';
import { NONE } from '@/ui/format';
import { Time, useNow } from '@/ui/Time';

const DAY_MS = 86_400_000;
/** As alerts do: from so many days before the end on it is worth a look, and then it is urgent. */
const SOON_DAYS = 14;
const URGENT_DAYS = 1;

/** How long a key is still good. */
export function Expiry({ apiKey: { status, expiresAt } }: { apiKey: Pick<ApiKey, 'status' | 'expiresAt'> }) {
  const now = useNow();
  if (status === 'revoked') return <span className="text-quiet">{NONE}</span>;
  const days = Math.floor((new Date(expiresAt).getTime() - now) / DAY_MS);
  if (status === 'expired' || days < 0) return <Time moment={expiresAt} />;
  const words = days === 0 ? 'less than a day' : days === 1 ? '1 day left' : `${days} days left`;
  if (days > SOON_DAYS) return <span className="whitespace-nowrap">{words}</span>;
  return <Badge tone={days <= URGENT_DAYS ? 'danger' : 'warning'}>{words}</Badge>;
}
