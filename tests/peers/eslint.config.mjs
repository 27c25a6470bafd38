// For the scripts of the service's pages and those of the browser tests; scripts/checks/pages runs it.
import js from '@eslint/js';
import globals from 'globals';

// Whatever makes markup or code of text: what the server sends must stay text.
const markup = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'srcdoc', 'write', 'writeln'];

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { 'no-unused-vars': ['error', { ignoreRestSiblings: true }] },
  },
  {
    files: ['registry-http/pages/*.js'],
    languageOptions: { globals: globals.browser },
    rules: {
      'eqeqeq': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-script-url': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'max-lines-per-function': ['error', 30],
      'no-restricted-properties': ['error', ...markup.map((property) => ({ property }))],
    },
  },
  { files: ['tests/peers/**/*.mjs'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
];
