// axe-core on each page in each of its states, light and dark, on narrow and wide screens.
import { look } from './look.mjs';
import { signIn } from './steps.mjs';

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

export async function run(person, input) {
  const findings = { bad: [], looks: [] };
  const others = await person();
  await setUpPage(others, input, (state) => look(others, state, findings));
  const page = await person();
  await signInPage(page, input, (state) => look(page, state, findings));
  return findings;
}
