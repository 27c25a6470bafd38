// A server dies while somebody looks at it.
import { asAdmin, signIn, arrived } from './steps.mjs';
import { settled } from './tour.mjs';
import { check, everything, register } from './world.mjs';

const MOST_CHECKS = 8;

/** Has the server looked at, by somebody else, until it is so. */
async function until(input, server, healthStatus) {
  for (let round = 0; round < MOST_CHECKS; round += 1) {
    await check(input, server, false);
    const now = await asAdmin(input, 'GET', `/api/servers/${server.id}`);
    if (now.healthStatus === healthStatus) return;
  }
  throw new Error(`${server.name} does not become ${healthStatus}`);
}

const badge = (page, word) => page.locator('main span').getByText(new RegExp(`^\\W*${word}$`)).first();

/** The colours of the word, once it is shown. */
async function look(page, word) {
  await badge(page, word).waitFor();
  return badge(page, word).evaluate((element) => getComputedStyle(element).color);
}

export async function run(person, input) {
  const upstream = await everything();
  const server = await register(input, 'Weather', upstream.url);
  await until(input, server, 'healthy');
  const page = await person();
  await page.goto(`${input.url}/sign-in?returnTo=%2Fservers`);
  await signIn(page, input.user);
  await arrived(page, 'Servers');
  await settled(page);
  await page.getByText('Live', { exact: true }).waitFor();
  const healthy = await look(page, 'Healthy');
  await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
  await upstream.kill();
  await until(input, server, 'unhealthy');
  const unhealthy = await look(page, 'Unhealthy');
  const again = await everything(upstream.port);
  await until(input, server, 'healthy');
  const recovered = await look(page, 'Healthy');
  await again.kill();
  return { healthy, unhealthy, recovered, isSamePage: await page.evaluate(() => globalThis.isSamePage ?? false) };
}
