// What each role finds in the dashboard.
import { arrived, signIn, typeCommand } from './steps.mjs';
import { settled } from './tour.mjs';

/** What the palette finds by this text. */
async function found(page, text) {
  const dialog = await typeCommand(page, text);
  await page.waitForLoadState('networkidle');
  const names = await dialog.getByRole('menuitem').filter({ hasNotText: 'Nothing has this name' }).allTextContents();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  return names;
}

async function asSeenBy(person, { url, server }, who) {
  const page = await person();
  await page.goto(`${url}/sign-in?returnTo=%2Fservers`);
  await signIn(page, who);
  await arrived(page, 'Servers');
  await settled(page);
  const pages = await page.locator('nav[aria-label=Main] a').allTextContents();
  const mayAdd = await page.getByRole('button', { name: 'Add server' }).count();
  const users = await found(page, 'users');
  await page.goto(`${url}/servers/${server.id}`);
  await arrived(page, server.name);
  await settled(page);
  const tabs = await page.getByRole('tablist').first().getByRole('tab').allTextContents();
  const mayEdit = await page.getByRole('button', { name: /^(Start|Stop)/ }).count();
  return { pages, mayAdd: mayAdd > 0, users, tabs, mayEdit: mayEdit > 0 };
}

export async function run(person, input) {
  const seen = {};
  for (const who of input.people) seen[who.username] = await asSeenBy(person, input, who);
  return { seen };
}
