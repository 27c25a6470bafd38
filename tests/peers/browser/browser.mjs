// Debian's Chromium, driven by Playwright.
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const PATIENCE = 20_000;

/**
 * A person at a browser of their own: no cookies, nothing stored. Whatever the pages complain of goes to `problems`;
 * requests that were refused, which the console tells too, to `refusals`.
 */
async function person(browser, problems, refusals, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`against the policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error()}`));
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    const refused = /^Failed to load resource: the server responded with a status of (\d+)/.exec(message.text());
    const { pathname } = new URL(message.location().url || 'about:blank');
    if (refused) refusals.push(`${refused[1]} ${pathname}`);
    else problems.push(`${message.text()} (${message.location().url})`);
  });
  return context.newPage();
}

/** Runs `act` with a function that makes people; its results, and all that went wrong in any page. */
export async function withBrowser(act) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const [problems, refusals] = [[], []];
  try {
    const results = await act((options) => person(browser, problems, refusals, options));
    return { ...results, problems, refusals };
  } finally {
    await browser.close();
  }
}
