import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';
import { fetchMock } from './api';

// Before the API client is loaded, which keeps the `fetch` that it finds.
globalThis.fetch = fetchMock;
// jsdom lays nothing out.
Element.prototype.scrollIntoView = () => undefined;
window.scrollTo = () => undefined;
globalThis.ResizeObserver = class {
  observe = () => undefined;
  unobserve = () => undefined;
  disconnect = () => undefined;
};

// A machine that is busy is slow, and not wrong.
configure({ asyncUtilTimeout: 15_000 });
afterEach(cleanup);
