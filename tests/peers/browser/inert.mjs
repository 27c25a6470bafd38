// Script in whatever the pages show.
import { account, signIn } from './steps.mjs';

/** What should never happen, and what is in the page that is not the page's own. */
async function harm(page) {
  return page.evaluate(() => ({
    hacked: globalThis.hacked ?? null,
    foreign: document.querySelectorAll('main script, main img:not([alt=""]), main iframe, main svg, main b').length,
  }));
}

export async function run(person, { url, evil, user }) {
  const page = await person({ userAgent: evil });
  const dialogs = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    return dialog.accept();
  });
  const query = new URLSearchParams({ error: evil, returnTo: 'javascript:hacked=1' });
  await page.goto(`${url}/sign-in?${query}`);
  const link = page.getByRole('link', { name: 'Continue with' });
  const provider = await link.textContent();
  const atSignIn = await harm(page);
  await signIn(page, user);
  const me = await account(page);
  await page.getByLabel('Name', { exact: true }).fill(evil);
  await page.getByRole('button', { name: 'Make key' }).click();
  await page.locator('#new-key').waitFor();
  const sessions = await page.locator('#sessions').textContent();
  const key = await page.locator('#keys .title').first().textContent();
  await page.getByRole('button', { name: 'Revoke the key' }).first().click();
  await page.getByText('is revoked.').waitFor();
  const atAccount = await harm(page);
  return { provider, atSignIn, me, sessions, key, dialogs, atAccount, backAt: page.url() };
}
