// @ts-check

const PROGRAMS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
];
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
];
const MAX_LENGTH = 100;

/**
 * What people call a program that calls itself so; its own words if it is none that they know.
 *
 * @param {string | undefined} userAgent
 */
export function programOf(userAgent) {
  if (!userAgent) return 'An unknown program';
  const find = (/** @type {string[][]} */ names) => names.find(([part]) => part && userAgent.includes(part))?.[1];
  const [program, system] = [find(PROGRAMS), find(SYSTEMS)];
  if (userAgent.startsWith('Mozilla/') && program) return system ? `${program} on ${system}` : program;
  return userAgent.length > MAX_LENGTH ? `${userAgent.slice(0, MAX_LENGTH)}…` : userAgent;
}
