// Script in whatever the pages show.
import { smallServer } from './small_server.mjs';
import { arrived, asAdmin, signIn } from './steps.mjs';
import { PAGES, tour } from './tour.mjs';
import { check, register } from './world.mjs';

/** Elements and attributes that no page makes itself. */
const FOREIGN = [
  'script:not([src])', 'iframe', 'object', 'embed', 'b', 'base', '[onerror]', '[onload]', '[srcdoc]',
  'img:not([src="/pages/icon.svg"])', 'a[href^="javascript:" i]', 'form[action^="javascript:" i]',
].join();

/** What should never happen, what is in the page that is not the page's own, and whether the text is seen at all. */
async function harm(page, evil) {
  return page.evaluate(
    ([foreign, text]) => ({
      hacked: globalThis.hacked ?? null,
      foreign: [...document.querySelectorAll(foreign)].map((element) => element.outerHTML),
      isShown: document.body.innerText.includes(text) || document.documentElement.outerHTML.includes('onerror=hacked'),
    }),
    [FOREIGN, evil],
  );
}

/** A hostile server that is registered, was looked at, and then failed with the text; and a key, an alert and a job of it. */
async function world(input) {
  const { evil } = input;
  const hostile = await smallServer(evil);
  const texts = { description: evil, category: evil, metadata: { [evil]: evil } };
  const server = await register(input, 'Evil', hostile.url, { ...texts, alertThreshold: 1 });
  await check(input, server);
  const scopes = ['server:read', 'mcp:invoke'];
  await asAdmin(input, 'POST', '/api/api-keys', { name: evil, scopes, serverId: server.id, expiresInDays: 3 });
  hostile.breakIt();
  for (let round = 0; round < 4; round += 1) await check(input, server, false);
  const { alerts } = await asAdmin(input, 'GET', '/api/alerts?status=open');
  const { entries } = await asAdmin(input, 'GET', `/api/audit-logs?resourceId=${server.id}&eventType=server_registered`);
  return { server, alert: alerts[0].id, entry: entries[0].id };
}

/** Calls the tool, whose error says the text too. */
async function tryTool(page, { url, evil }, server) {
  await page.goto(`${url}/servers/${server.id}?tab=tools`);
  await page.getByRole('button', { name: 'Try evil' }).click();
  await page.getByLabel('API key').fill(server.apiKey);
  await page.getByRole('button', { name: 'Call tool' }).click();
  await page.locator('section[role=dialog]').getByRole('alert').waitFor();
  return harm(page, evil);
}

async function atSignIn(page, { url, evil }) {
  const query = new URLSearchParams({ error: evil, returnTo: 'javascript:hacked=1' });
  await page.goto(`${url}/sign-in?${query}`);
  const provider = await page.getByRole('link', { name: 'Continue with' }).textContent();
  return { provider, ...(await harm(page, evil)) };
}

export async function run(person, input) {
  const { server, alert, entry } = await world(input);
  const page = await person({ userAgent: input.evil });
  const seen = { signIn: await atSignIn(page, input) };
  await signIn(page, input.user);
  await arrived(page, 'Dashboard');
  const backAt = page.url();
  const see = async (state) => {
    seen[state] = await harm(page, input.evil);
  };
  const more = [
    ['/servers?view=table', 'Servers'],
    [`/servers/${server.id}`, 'Evil'],
    [`/alerts?status=any&alert=${alert}`, 'Alerts'],
    [`/audit?entry=${entry}`, 'Audit log'],
  ];
  await tour(page, input.url, [...PAGES, ...more], see);
  seen.tried = await tryTool(page, input, server);
  return { seen, backAt };
}
