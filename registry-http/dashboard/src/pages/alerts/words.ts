import { sentence } from '@/api/error';
import type { AlertCause, AlertType } from '@/api/schema';
import { dateTime } from '@/ui/format';

interface Words {
  /** What happened. */
  title: string;
  /** What to do about it. */
  advice: string;
}

const CAUSES: Record<AlertCause, Words> = {
  server_unhealthy: {
    title: 'A server does not work',
    advice:
      'Look at its last error, and whether it runs and can be reached from the registry. It is over with the next check that succeeds.',
  },
  circuit_open: {
    title: 'Calls to a server are held back',
    advice:
      'Calls failed so often that the gateway waits before it tries again. Look at the server’s health and its last error.',
  },
  server_degraded: {
    title: 'A server is slow, or works only in part',
    advice:
      'Look at its response times. If they are what this server needs, raise the time above which it counts as degraded.',
  },
  capabilities_changed: {
    title: 'A server offers other things than before',
    advice:
      'Look at what changed in its tools, resources and prompts. Hold new tools in its settings if somebody should approve them first.',
  },
  credentials_refused: {
    title: 'Many credentials were refused',
    advice:
      'Somebody tries keys, or a client has an old one. Look for the address in the audit log; block it before the registry if it is not yours.',
  },
  limit_exceeded: {
    title: 'A limit is in the way',
    advice: 'A key or a user asks more often than it may. Look at what uses it: slow it down, or raise the limit.',
  },
  key_expiring: {
    title: 'A key is about to expire',
    advice:
      'Rotate it, and give its clients the new secret; keep the old one going meanwhile. Revoke it if nobody needs it.',
  },
  key_unclaimed: {
    title: 'The new secret of a key waits',
    advice:
      'The key was rotated by itself. Its owner fetches the new secret on the page of keys; what nobody fetches within a day is destroyed, and the key stops.',
  },
  webhook_failing: {
    title: 'A webhook was switched off',
    advice: 'Its deliveries only failed. Look at the last error among its deliveries, test it, and switch it on again.',
  },
};

/** An alert's cause in words. */
export const causeWords = (cause: AlertCause): Words => CAUSES[cause];

/** Kinds of alerts by name. */
export const TYPES: Record<AlertType, string> = {
  health: 'Health',
  performance: 'Performance',
  security: 'Security',
  quota: 'Limits',
};

const MOMENT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** An alert's message as a sentence, with moments as people here write them. */
export const messageWords = (message: string): string => sentence(message.replaceAll(MOMENT, dateTime));
