// From the set-up link to the first administrator with a key; out, and in again with the password.
import { alert, arrived, signIn, signOut, whoAmI } from './steps.mjs';

const PASSWORD = 'plum anvil lantern otter';

async function fillIn(page, { username, password, repeated }) {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Display name').fill('Ada Lovelace');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Password again').fill(repeated);
  await page.getByRole('button', { name: 'Make the administrator' }).click();
}

/** What is said of each field that is marked as wrong. */
async function fieldErrors(page) {
  const fields = await page.locator('[aria-invalid=true]').all();
  const error = async (field) => page.locator(`#${await field.getAttribute('id')}-error`).textContent();
  return Promise.all(fields.map(error));
}

async function beforeIt(person, { url, link }) {
  const page = await person();
  await page.goto(`${url}/sign-in`);
  await page.getByRole('heading', { name: 'Not set up yet' }).waitFor();
  await page.goto(`${url}/setup`);
  await page.getByRole('heading', { name: 'Open the set-up link' }).waitFor();
  // The whole link is pasted into the address bar of the page that is open, with a wrong secret.
  await page.goto(`${link}x`);
  await fillIn(page, { username: 'ada', password: PASSWORD, repeated: PASSWORD });
  await page.getByRole('heading', { name: 'Open the set-up link' }).waitFor();
  return page.locator('#no-link-reason').textContent();
}

async function setUp(page, { link }) {
  await page.goto(link);
  await page.getByRole('heading', { name: 'Make the first administrator' }).waitFor();
  const address = page.url();
  await fillIn(page, { username: 'ada', password: PASSWORD, repeated: 'another one' });
  const different = await fieldErrors(page);
  await fillIn(page, { username: 'ada lovelace', password: PASSWORD, repeated: PASSWORD });
  await page.getByText('User name must').waitFor();
  const refused = await fieldErrors(page);
  await page.getByLabel('Make an API key too').check();
  await fillIn(page, { username: 'ada', password: PASSWORD, repeated: PASSWORD });
  await page.getByRole('heading', { name: 'All set' }).waitFor();
  return { address, different, refused, key: await page.locator('#new-key').textContent() };
}

/** Whether the key is anywhere in what the browser has of the site. */
async function has(page, key) {
  const content = await page.content();
  const stored = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  return content.includes(key) || stored.includes(key) || page.url().includes(key);
}

/** Tries to sign in over plain HTTP from another computer: what is said before and after. */
async function overPlainHttp(page, { url }) {
  await page.goto(`${url.replace('127.0.0.1', 'registry.test')}/sign-in`);
  const before = await alert(page);
  const asked = page.waitForResponse('**/api/users/me');
  await signIn(page, { username: 'ada', password: PASSWORD });
  await asked;
  return { before, after: await alert(page), url: page.url() };
}

export async function run(person, input) {
  const wrongLink = await beforeIt(person, input);
  const page = await person({ permissions: ['clipboard-read', 'clipboard-write'] });
  const made = await setUp(page, input);
  await page.getByRole('button', { name: 'Copy key' }).click();
  await page.getByText('Copied.').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('link', { name: 'Go to the dashboard' }).click();
  await arrived(page, 'Dashboard');
  const first = await whoAmI(page);
  const isKeyShownAgain = await has(page, made.key);
  const cookies = await page.context().cookies();

  await signOut(page);
  const cookiesAfter = (await page.context().cookies()).length;
  await page.goto(`${input.url}/account`);
  await page.waitForURL('**/sign-in?returnTo=%2Fsettings');
  await signIn(page, { username: 'ada', password: 'wrong' });
  const wrongPassword = await alert(page);
  await page.goto(`${input.url}/sign-in?returnTo=//elsewhere.example/`);
  await signIn(page, { username: 'ada', password: PASSWORD });
  await arrived(page, 'Dashboard');
  const again = await whoAmI(page);
  const backAt = page.url();
  await page.goto('about:blank');
  await page.goto(input.link);
  await page.getByRole('heading', { name: 'The set-up is done' }).waitFor();
  const plain = await overPlainHttp(await person(), input);
  return { plain, wrongLink, made, copied, first, isKeyShownAgain, cookies, cookiesAfter, wrongPassword, again, backAt };
}
