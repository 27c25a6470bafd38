// What all pages of the dashboard have around them, with the keyboard alone.
import { arrived, openMenu, signIn, signOut, typeCommand, whoAmI } from './steps.mjs';

/** Presses Tab until the focus is on what has this name; how often. */
async function tabTo(page, name) {
  for (let count = 1; count < 40; count += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { ariaLabel, textContent } = document.activeElement ?? {};
      return (ariaLabel ?? textContent ?? '').trim();
    });
    if (focused.startsWith(name)) return count;
  }
  throw new Error(`Tab does not come to ${name}`);
}

/** What has the focus, and whether one sees that it has. */
async function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    return { tag: element.tagName, text: element.textContent, outline: getComputedStyle(element).outlineStyle };
  });
}

async function navigation(page) {
  await page.reload();
  await arrived(page, 'Audit log');
  await tabTo(page, 'API keys');
  const link = await focused(page);
  await page.keyboard.press('Enter');
  await arrived(page, 'API keys');
  const current = await page.locator('nav[aria-label=Main] [aria-current=page]').allTextContents();
  return { link, heading: await focused(page), current, title: await page.title() };
}

async function palette(page) {
  await typeCommand(page, 'heal');
  await page.getByRole('menuitem', { name: 'Health' }).waitFor();
  await page.keyboard.press('Enter');
  await arrived(page, 'Health');
  const dialog = await typeCommand(page, 'nothing has this name');
  const empty = await dialog.getByText('Nothing has this name.').textContent();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  return { at: page.url(), empty };
}

const scheme = (page) => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);

/** Chooses the dark theme; what the page is then, after a reload, and on the plain page after signing out. */
async function theme(page) {
  const before = await scheme(page);
  await openMenu(page, 'Theme: As the system');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Theme: Dark' }).waitFor();
  const chosen = await scheme(page);
  await page.reload({ waitUntil: 'domcontentloaded' });
  return { before, chosen, atOnce: await scheme(page) };
}

export async function run(person, { url, user }) {
  const page = await person();
  await page.goto(`${url}/audit?page=1`);
  await signIn(page, user);
  await arrived(page, 'Audit log');
  const deepLink = page.url();
  const me = await whoAmI(page);
  const went = await navigation(page);
  const found = await palette(page);
  const dark = await theme(page);
  await arrived(page, 'Health');
  await signOut(page);
  const out = { scheme: await scheme(page), cookies: (await page.context().cookies()).length };
  await page.goto(`${url}/keys`);
  await page.waitForURL('**/sign-in?returnTo=%2Fkeys');
  return { deepLink, me, went, found, dark, out };
}
