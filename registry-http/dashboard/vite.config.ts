import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds the API: a registry on this machine. */
const REGISTRY = process.env['MCP_REGISTRY_URL'] ?? 'http://127.0.0.1:8080';

/** How many of a hundred lines the component tests go through at least; below it `npm run test` fails. */
const COVERED_LINES = 85;

/** What pages that only show something have in common. It needs no more of React Aria than a button. */
const LOOK =
  /\/src\/(api\/|ui\/(Badge|Bar|beats|chart|ChartPicture|class|DataTable|events|format|Heartbeat|Name|Page|Pages|place|Problem|Reading|roles|Slots|States|Status|Time|TimeChart|Warning)\.tsx?$)/;

/**
 * A page is some files, and not fifty: each is a request, of which an address has a number each minute. What pages have in
 * common is in one of a few files, by what it is for.
 */
const CHUNKS = [
  { name: 'shell', tags: ['$initial' as const], priority: 3 },
  { name: 'look', test: LOOK, priority: 2 },
  { name: 'forms', test: /node_modules\/(zod|react-hook-form|@hookform)\//, priority: 2 },
  { name: 'controls', test: /node_modules|\/src\/ui\//, minShareCount: 3, priority: 1 },
];

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  build: {
    // The content security policy allows no `data:` but for images, and no inline module.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Stable names: `dist` is in the repository, and each file is asked for again by its ETag.
      output: {
        entryFileNames: 'assets/[name].js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
        codeSplitting: { groups: CHUNKS },
      },
    },
  },
  server: {
    proxy: { '/api': { target: REGISTRY, ws: true }, '/mcp': REGISTRY, '/sign-in': REGISTRY, '/pages': REGISTRY },
  },
  test: {
    environment: 'jsdom',
    // A form that is filled in takes seconds where many tests share a processor.
    testTimeout: 60_000,
    setupFiles: ['src/test/setup.ts'],
    coverage: {
      include: ['src/**/*.{ts,tsx}'],
      exclude: ['src/test/**', 'src/main.tsx', 'src/api/schema.d.ts'],
      thresholds: { lines: COVERED_LINES },
    },
  },
});
