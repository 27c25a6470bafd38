// @ts-check

/** Where people go who did not want to go anywhere in particular. */
const HOME = '/';

/**
 * A path of this site, or the dashboard: never another site, whatever a link says.
 *
 * @param {string | null} wanted
 */
export function localPath(wanted) {
  if (!wanted?.startsWith('/') || !URL.canParse(wanted, window.location.origin)) return HOME;
  const url = new URL(wanted, window.location.origin);
  // `//elsewhere` and `/\elsewhere` are other sites, and browsers drop tabs and line breaks.
  return url.origin === window.location.origin ? url.pathname + url.search + url.hash : HOME;
}
