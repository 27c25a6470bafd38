// @ts-check
// A browser keeps the cookie of a session only if the connection is secure, or to this computer itself (some not even then).

const NEEDS_HTTPS =
  'This page came over plain HTTP, where browsers keep no sign-in. Open the service at its HTTPS address; ' +
  'if it has none, ask whoever runs it.';
const NEEDS_COOKIES =
  'The sign-in was right, but this browser did not keep its cookie. Permit cookies for this site; ' +
  'if the address begins with http:, open the HTTPS one or use another browser.';

/** What is to be said before somebody tries, or nothing. */
export const warning = window.isSecureContext ? '' : NEEDS_HTTPS;

/** What is to be said when a sign-in was accepted and yet nobody is signed in. */
export const noCookie = window.isSecureContext ? NEEDS_COOKIES : NEEDS_HTTPS;
