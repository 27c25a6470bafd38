// Writes into `dist` what it was built from: `cargo test` compares it with the sources, and needs no Node for that.
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Also in registry-http/tests/dashboard.rs.
const SOURCES = ['index.html', 'package-lock.json', 'vite.config.ts', 'public/**', 'src/**/*.{ts,tsx,css}'];

const names = SOURCES.flatMap((pattern) => globSync(pattern, { withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((name) => !name.includes('/test/') && !name.includes('.test.') && name !== 'src/api/schema.d.ts')
  .sort();
const hash = createHash('sha256');
for (const name of [...names, '../openapi.json']) hash.update(`${name}\0`).update(readFileSync(name));
writeFileSync('dist/stamp', `${hash.digest('hex')}\n`);
