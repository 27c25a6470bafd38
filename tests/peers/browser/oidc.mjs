// Signing in at an OpenID provider, with its own login form.
import { alert, arrived, whoAmI } from './steps.mjs';

async function atTheProvider(page, name) {
  await page.getByRole('link', { name: 'Continue with Peer' }).click();
  await page.getByRole('heading', { name: 'Sign in at the provider' }).waitFor();
  const provider = new URL(page.url()).origin;
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(`password-of-${name}`);
  await page.getByRole('button', { name: 'Continue' }).click();
  return provider;
}

/** Signs in; who it is then, and the URL by which the provider sent the browser back. */
async function signIn(page, url, name) {
  let callback = '';
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.endsWith('/callback')) callback = request.url();
  });
  await page.goto(url);
  const provider = await atTheProvider(page, name);
  await arrived(page, 'Dashboard');
  return { provider, at: page.url(), me: await whoAmI(page), cookies: await page.context().cookies(url), callback };
}

/** Opens the URL; the page that tells of the refusal. */
async function refused(page, callback) {
  await page.goto(callback);
  await page.waitForURL('**/sign-in');
  return { url: page.url(), alert: await alert(page) };
}

export async function run(person, { url }) {
  const alicesPage = await person();
  const alice = await signIn(alicesPage, url, 'alice');
  const replayed = await refused(alicesPage, alice.callback);
  const stolen = await refused(await person(), alice.callback);
  const bob = await signIn(await person(), url, 'bob');
  const carolsPage = await person();
  await carolsPage.goto(`${url}/sign-in`);
  await atTheProvider(carolsPage, 'carol');
  await carolsPage.waitForURL(`${url}/sign-in`);
  const carol = await alert(carolsPage);
  await carolsPage.goto(`${url}/api/auth/oidc/nobody/start`);
  await carolsPage.waitForURL(`${url}/sign-in`);
  const unknown = await alert(carolsPage);
  return { alice, replayed, stolen, bob, carol, unknown };
}
