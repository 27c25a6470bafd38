// From a server to its key, with each kind of authentication; then a key's life. All with the keyboard.
import { smallServer, WANTS_TOKEN } from './small_server.mjs';
import { arrived, signIn } from './steps.mjs';
import { settled } from './tour.mjs';
import { everything } from './world.mjs';

const SECRET = 'a secret of the upstream';

/** The kinds of authentication: which server wants it, and what is typed. */
async function cases() {
  const bearer = await smallServer('bearer', { header: 'authorization', value: `Bearer ${SECRET}` });
  const key = await smallServer('key', { header: 'x-weather-key', value: SECRET });
  const custom = await smallServer('custom', { header: 'x-team', value: SECRET });
  const oauth = await smallServer('oauth', WANTS_TOKEN);
  const real = await everything();
  return [
    { name: 'Open', url: real.url, kind: 'None', typed: {} },
    { name: 'Bearer', url: bearer.url, kind: 'Bearer token', typed: { Token: SECRET } },
    { name: 'Keyed', url: key.url, kind: 'API key', typed: { Header: 'X-Weather-Key', Key: SECRET } },
    { name: 'Headers', url: custom.url, kind: 'Custom headers', typed: { 'Name 1': 'X-Team', 'Value 1': SECRET } },
    {
      name: 'Granted',
      url: oauth.url,
      kind: 'OAuth client credentials',
      typed: { 'Client id': 'gateway', 'Client secret': SECRET, 'Token URL': oauth.tokenUrl },
    },
  ];
}

/** Presses what has this name, with the keyboard. */
async function press(place, role, name) {
  await place.getByRole(role, { name, exact: true }).first().focus();
  await place.page().keyboard.press('Enter');
}

/** The dialog that is open. (A note is an `alertdialog` too, for react-aria.) */
const dialogOf = (page) => page.locator('section[role=dialog], section[role=alertdialog]').last();

/** Chooses one of a few by typing how it begins. */
async function choose(page, dialog, label, option) {
  await dialog.getByRole('button', { name: label }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: option, exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('listbox').waitFor({ state: 'detached' });
}

async function fillIn(page, { name, url, kind, typed }) {
  const dialog = dialogOf(page);
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await press(dialog, 'button', 'Next');
  await dialog.getByRole('textbox', { name: 'Endpoint URL' }).fill(url);
  if (kind !== 'None') await choose(page, dialog, 'Authentication', kind);
  for (const [label, text] of Object.entries(typed)) await dialog.getByLabel(label, { exact: true }).first().fill(text);
  await press(dialog, 'button', 'Next');
  await press(dialog, 'button', 'Next');
  await press(dialog, 'button', 'Test the connection');
  await dialog.getByText('The server answers').waitFor();
  return dialog.getByRole('region', { name: 'Result of the test' }).textContent();
}

/** Takes the secret that is shown once: what it is, and whether one could go on without having saved it. */
async function saved(page) {
  const dialog = page.locator('section[role=alertdialog]');
  const secret = await dialog.getByLabel('API key', { exact: true }).inputValue();
  await page.keyboard.press('Escape');
  const isHeld = await dialog.isVisible();
  const mayGoOn = await dialog.getByRole('button', { name: 'Done' }).isEnabled();
  const settings = await dialog.textContent();
  await dialog.getByRole('checkbox', { name: 'I have saved it' }).focus();
  await page.keyboard.press('Space');
  await press(dialog, 'button', 'Done');
  await dialog.waitFor({ state: 'detached' });
  return { secret, isHeld, mayGoOn, isInSettings: settings.includes(secret) };
}

async function register(page, input, one) {
  await page.goto(`${input.url}/servers`);
  await arrived(page, 'Servers');
  await settled(page);
  await press(page.getByRole('main'), 'button', 'Add server');
  const report = await fillIn(page, one);
  await press(dialogOf(page), 'button', 'Register server');
  const key = await saved(page);
  await arrived(page, one.name);
  return { name: one.name, report, ...key };
}

async function act(page, key, what) {
  await page.getByRole('button', { name: `Actions for ${key}` }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: what }).focus();
  await page.keyboard.press('Enter');
}

/** Rotates a key and revokes it; the new secret, and what the audit log says last. */
async function keyOfLife(page, input) {
  await page.goto(`${input.url}/keys`);
  await arrived(page, 'API keys');
  await settled(page);
  const [label] = await page.getByRole('button', { name: /^Actions for / }).evaluateAll((all) => all.map((one) => one.ariaLabel));
  const name = label.replace('Actions for ', '');
  await act(page, name, 'Rotate key');
  const known = await dialogOf(page).getByText(/^The old key was/).textContent();
  await press(dialogOf(page), 'button', 'Rotate key');
  const rotated = await saved(page);
  await act(page, name, 'Revoke key');
  await press(page.locator('section[role=alertdialog]'), 'button', 'Revoke key');
  await page.locator('section[role=alertdialog]').waitFor({ state: 'detached' });
  await page.goto(`${input.url}/audit`);
  await arrived(page, 'Audit log');
  await settled(page);
  const events = await page.locator('tbody th').allTextContents();
  return { known, rotated, events: events.slice(0, 4) };
}

export async function run(person, input) {
  const page = await person();
  await page.goto(`${input.url}/sign-in`);
  await signIn(page, input.user);
  await arrived(page, 'Dashboard');
  const registered = [];
  for (const one of await cases()) registered.push(await register(page, input, one));
  return { registered, key: await keyOfLife(page, input) };
}
