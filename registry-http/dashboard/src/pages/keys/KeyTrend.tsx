import type { ApiKeyUsageTrend } from '@/api/schema';
import type { Days } from '@/pages/servers/tabs/Period';
import { CallsChart, TimesChart } from '@/pages/servers/tabs/UsageCharts';

/** The requests with a key over a period, and how long those took that called a server. */
export function KeyTrend({ trend: { total, points }, days }: { trend: ApiKeyUsageTrend; days: Days }) {
  // They are put together once a minute.
  if (total.requests === 0)
    return (
      <p className="text-quiet">
        Nothing was counted in this time. Requests show here about a minute after they were made.
      </p>
    );
  return (
    <div className="flex flex-col gap-6">
      <CallsChart title="Requests" points={points} days={days} />
      {total.responseTimes && <TimesChart points={points} days={days} />}
    </div>
  );
}
