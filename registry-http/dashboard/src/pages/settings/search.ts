import * as z from 'zod/mini';

/** Which part of the settings is shown. */
export const settingsSearch = z.object({
  tab: z.catch(z.optional(z.enum(['profile', 'security', 'servers'])), undefined),
});
