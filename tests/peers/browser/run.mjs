// node browser/run.mjs SCENARIO: runs a file of this folder in Chromium. Its input is JSON in the environment, its results
// are JSON on standard output; tests/it/browser judges them.
import { withBrowser } from './browser.mjs';

const { run } = await import(`./${process.argv[2]}.mjs`);
const input = JSON.parse(process.env.INPUT);
console.log(JSON.stringify(await withBrowser(input.url, (person) => run(person, input))));
