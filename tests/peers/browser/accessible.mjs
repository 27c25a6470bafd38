// axe-core on each page in each of its states, light and dark, on narrow and wide screens.
import axe from 'axe-core';
import { account, signIn } from './steps.mjs';

const WIDTHS = [320, 768, 1280];

/** What axe finds, and whether the page is wider than its window. */
async function look(page, state, findings) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const at = `${state}, ${colorScheme}, ${width} px`;
      const { violations, passes } = await page.evaluate(`${axe.source}; axe.run(document)`);
      for (const { id, help, nodes } of violations) findings.bad.push(`${at}: ${id}: ${help}: ${nodes[0].html}`);
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (isWide) findings.bad.push(`${at}: wider than the window`);
      findings.looks.push({ at, passed: passes.length });
    }
  }
}

async function setUpPage(page, { url, link, user }, see) {
  await page.goto(`${url}/sign-in`);
  await page.getByRole('heading', { name: 'Not set up yet' }).waitFor();
  await see('sign-in before set-up');
  await page.goto(`${url}/setup`);
  await page.getByRole('heading', { name: 'Open the set-up link' }).waitFor();
  await see('set-up without a link');
  await page.goto(link);
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await page.getByText('User name is required').waitFor();
  await see('set-up with errors');
  await page.getByLabel('User name').fill(user.username);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByLabel('Password again').fill(user.password);
  await page.getByLabel('Make an API key too').check();
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await page.getByRole('heading', { name: 'All set' }).waitFor();
  await see('set-up done');
}

async function signInPage(page, { url, user }, see) {
  await page.goto(`${url}/sign-in?error=FORBIDDEN`);
  await page.getByRole('link', { name: 'Continue with Peer' }).waitFor();
  await see('sign-in with a provider and a failure');
  await signIn(page, { ...user, password: 'wrong' });
  await page.getByText('is wrong').waitFor();
  await see('sign-in refused, with the tenant');
}

async function accountPage(page, { url, user }, see) {
  await page.goto(`${url}/sign-in`);
  await signIn(page, user);
  await account(page);
  await page.getByText('first key').waitFor();
  await see('account');
  await page.getByLabel('E-mail').fill('no address');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.locator('#email[aria-invalid=true]').waitFor();
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByLabel('Name', { exact: true }).fill('laptop');
  await page.getByRole('button', { name: 'Make key' }).click();
  await page.locator('#new-key').waitFor();
  await page.getByRole('button', { name: 'End my other sessions' }).click();
  await page.getByText('Your other sessions have ended.').waitFor();
  await see('account with errors, notes and a new key');
}

export async function run(person, input) {
  const findings = { bad: [], looks: [] };
  const others = await person();
  await setUpPage(others, input, (state) => look(others, state, findings));
  const page = await person();
  const see = (state) => look(page, state, findings);
  await signInPage(page, input, see);
  await accountPage(page, input, see);
  return findings;
}
