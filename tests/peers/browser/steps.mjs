// What people do on several pages.

/** Signs in with a password, with the keyboard alone: the first field has the focus. */
export async function signIn(page, { username, password }) {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.keyboard.type(username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
}

/** Waits for the account page; what it says of its user. */
export async function account(page) {
  await page.waitForURL((url) => url.pathname === '/account');
  await page.getByText('this one').waitFor();
  return {
    username: await page.locator('#me-username').textContent(),
    role: await page.locator('#me-role').textContent(),
    displayName: await page.getByLabel('Display name').inputValue(),
    email: await page.getByLabel('E-mail').inputValue(),
  };
}

/** The alert that is shown. */
export async function alert(page) {
  return page.locator('[role=alert]:not(:empty)').first().textContent();
}

/** The polite note that is shown in this part of the page. */
export async function note(part) {
  return part.locator('.note:not(:empty)').first().textContent();
}
