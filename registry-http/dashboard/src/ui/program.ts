const PROGRAMS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;
const MAX_LENGTH = 100;

/** What people call a program that calls itself so; its own words if it is none that they know. */
export function programOf(userAgent: string | undefined): string {
  if (!userAgent) return 'An unknown program';
  const find = (names: readonly (readonly [string, string])[]) => names.find(([part]) => userAgent.includes(part))?.[1];
  const [program, system] = [find(PROGRAMS), find(SYSTEMS)];
  if (userAgent.startsWith('Mozilla/') && program) return system ? `${program} on ${system}` : program;
  return userAgent.length > MAX_LENGTH ? `${userAgent.slice(0, MAX_LENGTH)}…` : userAgent;
}
