import { z } from 'zod';

const NAME_MAX = 100;
const EMAIL_MAX = 254;

/** The name that people read, or none. */
export const personName = z.string().trim().max(NAME_MAX, `At most ${NAME_MAX} characters`);

/** An e-mail address, or none. The API looks closer. */
export const email = z
  .string()
  .trim()
  .max(EMAIL_MAX, `At most ${EMAIL_MAX} characters`)
  .refine((text) => text === '' || /^\S+@\S+$/.test(text), 'An address such as olivia@acme.example');

/** The name to sign in with. */
export const username = z
  .string()
  .trim()
  .min(1, 'Type a user name')
  .max(NAME_MAX, `At most ${NAME_MAX} characters`)
  .refine((text) => !/\s/.test(text), 'Without spaces');

const PASSWORD_MIN = 12;
const PASSWORD_MAX = 128;

/** A new password. Whether it is easy to guess, the API finds out. */
export const newPassword = z
  .string()
  .min(PASSWORD_MIN, `At least ${PASSWORD_MIN} characters`)
  .max(PASSWORD_MAX, `At most ${PASSWORD_MAX} characters`);

/** What a new password has to be, for people. */
export const PASSWORD_HELP = `${PASSWORD_MIN} to ${PASSWORD_MAX} characters that are not easy to guess, such as four unrelated words.`;
