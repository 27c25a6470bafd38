// The session ends while somebody types: one signs in over the page.
import { arrived, asAdmin, signIn } from './steps.mjs';

const TYPED = { name: 'Bob Birch the Second', email: 'bob@typed.example' };

const dialog = (page) => page.getByRole('dialog', { name: 'Your session has ended' });

async function type(page) {
  await page.getByRole('textbox', { name: 'Display name' }).fill(TYPED.name);
  await page.getByRole('textbox', { name: 'E-mail' }).fill(TYPED.email);
}

/** What is in the form, though a dialog may be over it. */
async function typed(page) {
  const value = (name) => page.locator(`input[name=${name}]`).inputValue();
  return { name: await value('displayName'), email: await value('email') };
}

/** Signs in over the page, with the keyboard alone: the field has the focus. */
async function signInOver(page, password) {
  await dialog(page).locator('input:focus').waitFor();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
}

/** The administrator ends the sessions: the page says so by itself, for its stream of events has ended. */
async function end(page, input) {
  await asAdmin(input, 'DELETE', `/api/users/${input.bob.id}/sessions`);
  await dialog(page).waitFor();
}

/** Signs in in another tab, as at an identity provider; the page looks when it is looked at again. */
async function inAnotherTab(page, input) {
  await page.getByRole('textbox', { name: 'Display name' }).fill('in the other tab');
  await end(page, input);
  const opened = page.context().waitForEvent('page');
  await dialog(page).getByRole('button', { name: 'Sign in in another tab' }).click();
  const other = await opened;
  await signIn(other, input.bob);
  await arrived(other, 'Dashboard');
  await other.close();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await dialog(page).waitFor({ state: 'detached' });
  return { typed: (await typed(page)).name, dialogs: await page.getByRole('dialog').count() };
}

export async function run(person, input) {
  const page = await person();
  await page.goto(`${input.url}/sign-in?returnTo=%2Fsettings`);
  await signIn(page, input.bob);
  await arrived(page, 'Settings');
  await page.getByText('Live', { exact: true }).waitFor();
  await type(page);
  await end(page, input);
  await page.keyboard.press('Escape');
  const isHeld = await dialog(page).isVisible();
  const said = await dialog(page).textContent();
  await signInOver(page, 'not the password');
  const wrong = await dialog(page).getByRole('alert').textContent();
  await dialog(page).getByLabel('Password').fill(input.bob.password);
  await page.keyboard.press('Enter');
  await dialog(page).waitFor({ state: 'detached' });
  const back = await typed(page);
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.getByText('The profile is saved.').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  const otherTab = await inAnotherTab(page, input);
  return { isHeld, said, wrong, back, at: page.url(), otherTab };
}
