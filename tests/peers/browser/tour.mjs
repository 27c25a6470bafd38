// A way through the dashboard: each page, and each part of it that is behind a tab.
import { arrived } from './steps.mjs';

/** The pages that everybody with the role `admin` has. */
export const PAGES = [
  ['/', 'Dashboard'],
  ['/servers', 'Servers'],
  ['/keys', 'API keys'],
  ['/health', 'Health'],
  ['/alerts', 'Alerts'],
  ['/webhooks', 'Webhooks'],
  ['/audit', 'Audit log'],
  ['/users', 'Users'],
  ['/tenants', 'Tenants'],
  ['/settings', 'Settings'],
];

/** Waits until the page has shown what it read. */
export async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => !document.querySelector('[role=status][aria-label=Loading]'));
}

/** Opens each page, and calls `see` with what it is. */
export async function tour(page, url, pages, see) {
  for (const [path, title] of pages) {
    await page.goto(url + path);
    await arrived(page, title);
    await settled(page);
    await see(path);
    await tabs(page, (name) => see(`${path}: ${name}`));
  }
}

/** Opens each of the page's own tabs but that which is open, and calls `see` with its name. */
async function tabs(page, see) {
  const list = page.getByRole('tablist').first();
  const names = await list.getByRole('tab', { selected: false }).allTextContents();
  for (const name of names) {
    await list.getByRole('tab', { name, exact: true }).click();
    await settled(page);
    await see(name);
  }
}
