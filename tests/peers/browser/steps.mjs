// What people do on several pages.

/** Signs in with a password, with the keyboard alone: the first field has the focus as soon as the page is ready. */
export async function signIn(page, { username, password }) {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.locator('#username:focus').waitFor();
  await page.keyboard.type(username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
}

/** Waits for a page of the dashboard by its heading, which may be behind a dialog. */
export async function arrived(page, title) {
  await page.locator(`h1:text-is("${title}")`).waitFor();
}

/** Whom the dashboard's menu says to be signed in. */
export async function whoAmI(page) {
  await page.getByRole('button', { name: 'Account of' }).click();
  const about = page.getByRole('menu', { name: 'Account' }).locator('xpath=preceding::p[1]/span');
  await about.first().waitFor();
  const [name, role] = await about.allTextContents();
  await page.keyboard.press('Escape');
  await about.first().waitFor({ state: 'detached' });
  return { name, role };
}

/** Opens the menu of this button with the keyboard; one of its entries has the focus then. */
export async function openMenu(page, button) {
  await page.getByRole('button', { name: button }).focus();
  await page.keyboard.press('Enter');
  await page.locator('[role^=menuitem]:focus').waitFor();
}

/** Opens the command palette, and types into it. */
export async function typeCommand(page, text) {
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Search and commands' });
  await dialog.locator('input:focus').waitFor();
  await page.keyboard.type(text);
  return dialog;
}

/** Signs out by the menu, with the keyboard alone. */
export async function signOut(page) {
  await openMenu(page, 'Account of');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in');
}

/** The alert that is shown. */
export async function alert(page) {
  return page.locator('[role=alert]:not(:empty)').first().textContent();
}

/** Calls the API as the administrator whose key it is; the JSON of the answer, or nothing. */
export async function asAdmin({ url, adminKey }, method, path, body) {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
