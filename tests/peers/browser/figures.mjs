// How fast the dashboard is. The bytes are judged; the times depend on the machine, and go into docs/performance.md.
import { arrived, signIn } from './steps.mjs';
import { settled } from './tour.mjs';

const SLOWER = 4;
const SCROLLS = 40;

/** Bytes of scripts, as they came over the network, of all that the first look at the page needs. */
async function firstLoad(page, url) {
  const sizes = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') sizes.push(response.request().sizes());
  });
  await page.goto(url);
  await arrived(page, 'Dashboard');
  await settled(page);
  const all = await Promise.all(sizes);
  return { scripts: all.length, bytes: all.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0) };
}

/** When the page was there and its last long task over, in ms from the navigation, on a slower processor. */
async function interactive(page, url) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) globalThis.longTasks.push(startTime + duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(url);
  await arrived(page, 'Dashboard');
  const shown = await page.evaluate(() => performance.now());
  await settled(page);
  const tasks = await page.evaluate(() => globalThis.longTasks);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  const calm = Math.max(shown, ...tasks);
  return { shown: Math.round(shown), calm: Math.round(calm) };
}

/** The longest time between two frames while `act` goes on, in ms. */
async function longestFrame(page, act) {
  await page.evaluate(() => {
    globalThis.frames = [];
    let last = performance.now();
    const next = (now) => {
      globalThis.frames.push(now - last);
      last = now;
      globalThis.frame = requestAnimationFrame(next);
    };
    globalThis.frame = requestAnimationFrame(next);
  });
  await act();
  return page.evaluate(() => {
    cancelAnimationFrame(globalThis.frame);
    return { count: globalThis.frames.length, longest: Math.round(Math.max(...globalThis.frames)) };
  });
}

async function list(page, url) {
  await page.goto(`${url}/servers?view=table&size=100`);
  await arrived(page, 'Servers');
  await settled(page);
  await page.mouse.move(700, 500);
  const scroll = await longestFrame(page, async () => {
    for (let turn = 0; turn < SCROLLS; turn += 1) await page.mouse.wheel(0, turn < SCROLLS / 2 ? 250 : -250);
    await page.waitForFunction(() => window.scrollY === 0);
  });
  const filter = await longestFrame(page, async () => {
    await page.getByRole('searchbox').first().pressSequentially('server 07', { delay: 60 });
    await page.waitForURL(/search=/);
    await settled(page);
  });
  return { scroll, filter, rows: await page.locator('tbody tr').count() };
}

export async function run(person, { url, user }) {
  const page = await person();
  await page.goto(`${url}/sign-in`);
  await signIn(page, user);
  await arrived(page, 'Dashboard');
  const fresh = await person({ storageState: await page.context().storageState() });
  const load = await firstLoad(fresh, url);
  const slow = await person({ storageState: await page.context().storageState() });
  return { load, interactive: await interactive(slow, url), list: await list(page, url) };
}
