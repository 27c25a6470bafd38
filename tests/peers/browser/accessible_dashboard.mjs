// axe-core on the dashboard, with real servers behind it. `part` says which pages, for all of them take minutes.
import { look } from './look.mjs';
import { arrived, asAdmin, signIn } from './steps.mjs';
import { PAGES, settled, tour } from './tour.mjs';
import { check, everything, register } from './world.mjs';

/** One server that is well and one that does not answer; a key that expires soon, and an alert. */
async function world(input) {
  const well = await everything();
  const server = await register(input, 'Everything', well.url, { tags: ['weather', 'maps'], description: 'All of it.' });
  await check(input, server);
  const gone = await everything();
  const dead = await register(input, 'Gone for good', gone.url, { alertThreshold: 1 });
  await gone.kill();
  for (let round = 0; round < 4; round += 1) await check(input, dead, false);
  const scopes = ['server:read', 'mcp:invoke'];
  await asAdmin(input, 'POST', '/api/api-keys', { name: 'laptop', scopes, serverId: server.id, expiresInDays: 3 });
  const { alerts } = await asAdmin(input, 'GET', '/api/alerts?status=open');
  const { entries } = await asAdmin(input, 'GET', `/api/audit-logs?resourceId=${server.id}&eventType=server_registered`);
  return { server, alert: alerts[0].id, entry: entries[0].id };
}

/** The pages of each part. */
const PARTS = {
  lists: () => PAGES.slice(0, 5),
  people: () => PAGES.slice(5),
  server: ({ server }) => [[`/servers/${server.id}`, 'Everything']],
  dialogs: ({ alert, entry }) => [
    ['/servers?view=table', 'Servers'],
    ['/servers?add=true', 'Servers'],
    ['/keys?make=true', 'API keys'],
    [`/alerts?status=any&alert=${alert}`, 'Alerts'],
    [`/audit?entry=${entry}`, 'Audit log'],
  ],
};

async function overlays(page, { url }, see) {
  await page.goto(`${url}/servers`);
  await arrived(page, 'Servers');
  await settled(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('menuitem', { name: 'Everything' }).waitFor();
  await see('the command palette');
}

export async function run(person, input) {
  const findings = { bad: [], looks: [] };
  const page = await person();
  const see = (state) => look(page, state, findings);
  const made = await world(input);
  await page.goto(`${input.url}/sign-in`);
  await signIn(page, input.user);
  await arrived(page, 'Dashboard');
  await tour(page, input.url, PARTS[input.part](made), see);
  if (input.part === 'dialogs') await overlays(page, input, see);
  return findings;
}
