// The session ends while somebody types.
import { account, alert, note, signIn } from './steps.mjs';

const TYPED = { displayName: 'Bob Birch the Second', email: 'bob@typed.example', keyName: 'laptop of Bob' };
const SECRET = 'never to be kept 4711';

/** As the administrator: ends all sessions of the user, or changes its e-mail address. */
async function asAdmin({ url, adminKey, bob }, method, path, body) {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/users/${bob.id}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

async function type(page) {
  await page.getByLabel('Display name').fill(TYPED.displayName);
  await page.getByLabel('E-mail').fill(TYPED.email);
  await page.getByLabel('Name', { exact: true }).fill(TYPED.keyName);
  await page.getByLabel('Make and revoke keys').check();
  await page.getByLabel('Call MCP servers').uncheck();
  await page.getByLabel('Valid for').selectOption('30 days');
  await page.getByLabel('Current password').fill(SECRET);
  await page.getByLabel('New password', { exact: true }).fill(SECRET);
}

/** What is in the forms. */
async function forms(page) {
  return {
    displayName: await page.getByLabel('Display name').inputValue(),
    email: await page.getByLabel('E-mail').inputValue(),
    keyName: await page.getByLabel('Name', { exact: true }).inputValue(),
    manage: await page.getByLabel('Make and revoke keys').isChecked(),
    invoke: await page.getByLabel('Call MCP servers').isChecked(),
    days: await page.getByLabel('Valid for').inputValue(),
    password: await page.getByLabel('New password', { exact: true }).inputValue(),
  };
}

/** Signs in, types, and saves after the session has ended elsewhere; the sign-in page that follows. */
async function lose(page, input) {
  await page.goto(`${input.url}/sign-in`);
  await signIn(page, input.bob);
  await account(page);
  await type(page);
  await asAdmin(input, 'DELETE', '/sessions');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const stored = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
  return { url: page.url(), note: await note(page), isPasswordStored: stored.includes(SECRET) };
}

/** The same user comes back, while the administrator has changed the profile, and saves. */
async function comeBack(page, input) {
  const lost = await lose(page, input);
  await signIn(page, input.bob);
  await account(page);
  const back = { note: await note(page), forms: await forms(page) };
  await asAdmin(input, 'PATCH', '', { email: 'bob@changed.example' });
  await page.getByRole('button', { name: 'Save profile' }).click();
  const conflict = { alert: await alert(page), forms: await forms(page) };
  await page.getByRole('button', { name: 'Save profile' }).click();
  const profile = page.locator('#profile');
  await profile.getByText('Saved.').waitFor();
  await page.reload();
  return { lost, back, conflict, saved: await account(page), note: await page.locator('#note').textContent() };
}

/** Somebody else signs in where the draft is. */
async function somebodyElse(page, input) {
  await lose(page, input);
  await signIn(page, input.eve);
  const seen = await account(page);
  const stored = await page.evaluate(() => sessionStorage.length);
  return { seen, keyName: (await forms(page)).keyName, stored };
}

export async function run(person, input) {
  const same = await comeBack(await person(), input);
  return { same, other: await somebodyElse(await person(), input) };
}
