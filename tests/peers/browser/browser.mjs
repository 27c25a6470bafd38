// Debian's Chromium, driven by Playwright.
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
  // A name that is not this computer's own, for the service as others see it.
  '--host-resolver-rules=MAP registry.test 127.0.0.1',
];
const PATIENCE = 20_000;

/** Each kind of refusal once: how often a page looks for an end of it is a matter of moments. */
function note(refusals, refusal) {
  if (!refusals.includes(refusal)) refusals.push(refusal);
}

/**
 * A person at a browser of their own: no cookies, nothing stored. Whatever any page complains of goes to `problems`;
 * requests that the service at `url` refused, which the console tells too, to `refusals`.
 */
async function person(browser, { url, problems, refusals }, options) {
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
    const place = message.location().url;
    if (!refused) problems.push(`${message.text()} (${place})`);
    else if (new URL(place).origin === url) note(refusals, `${refused[1]} ${new URL(place).pathname}`);
  });
  return context.newPage();
}

/** Runs `act` with a function that makes people; its results, and all that went wrong in any page. */
export async function withBrowser(url, act) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const wrong = { url, problems: [], refusals: [] };
  try {
    const results = await act((options) => person(browser, wrong, options));
    return { ...results, ...wrong };
  } finally {
    await browser.close();
  }
}
