// Does what the environment's INPUT says with a client of an SDK, and prints what became of each step.
//
// INPUT is {url, key, era, answers, steps}. A step is {do, with, until, again, says, cancel}: the method and its
// parameters; how many notifications and questions of the server, by method, end it; whether it is repeated until they
// came and its result says a text; whether it is taken back as soon as it made progress.

const input = JSON.parse(process.env.INPUT);
const PATIENCE_MS = 30_000;
const BETWEEN_MS = 50;

/** Waits until `isIt` is so. */
async function until(isIt) {
  const end = Date.now() + PATIENCE_MS;
  while (!isIt()) {
    if (Date.now() > end) throw new Error('what was waited for did not come');
    await new Promise((resolve) => { setTimeout(resolve, BETWEEN_MS); });
  }
}

/** What the server sent since a step began, by method. */
class Seen {
  #all = new Map();

  add(method, params) {
    const { _meta, ...rest } = params ?? {};
    this.of(method).push(rest);
  }

  of(method) {
    if (!this.#all.has(method)) this.#all.set(method, []);
    return this.#all.get(method);
  }

  has(wanted = {}) {
    return Object.entries(wanted).every(([method, count]) => this.of(method).length >= count);
  }

  only(wanted = {}) {
    return Object.fromEntries(Object.entries(wanted).map(([method, count]) => [method, this.of(method).slice(0, count)]));
  }

  clear() {
    this.#all.clear();
  }
}

const seen = new Seen();

function options(step, cancelling) {
  if (!step.until?.['notifications/progress'] && !step.cancel) return undefined;
  const onprogress = (progress) => {
    seen.add('notifications/progress', progress);
    if (step.cancel) cancelling.abort('taken back');
  };
  return { onprogress, signal: cancelling.signal };
}

async function once(client, step) {
  const cancelling = new AbortController();
  try {
    return { result: (await client.call(step.do, step.with, options(step, cancelling))) ?? null };
  } catch (error) {
    return { error: step.cancel ? 'taken back' : { code: error.code ?? null, message: String(error.message ?? error) } };
  }
}

async function done(client, step) {
  seen.clear();
  const isDone = (outcome) => seen.has(step.until) && JSON.stringify(outcome).includes(step.says ?? '');
  let outcome = await once(client, step);
  const end = Date.now() + PATIENCE_MS;
  while (step.again && !isDone(outcome) && Date.now() < end) {
    await new Promise((resolve) => { setTimeout(resolve, BETWEEN_MS); });
    outcome = await once(client, step);
  }
  await until(() => seen.has(step.until));
  return { ...outcome, seen: seen.only(step.until) };
}

/** The fixed answer to a question of the server's. */
export function answer(method, params) {
  seen.add(method, params);
  return input.answers[method];
}

/** Remembers a notification. */
export function notified(notification) {
  seen.add(notification.method, notification.params);
}

/** Connects with `connect(url, headers, era)`, goes through the steps and prints the outcomes as one line. */
export async function run(connect) {
  const headers = input.key === null ? {} : { Authorization: `Bearer ${input.key}` };
  const client = await connect(new URL(input.url), headers, input.era);
  const outcomes = [];
  for (const step of input.steps) outcomes.push(await done(client, step));
  await client.close();
  process.stdout.write(`${JSON.stringify(outcomes)}\n`, () => process.exit(0));
}
