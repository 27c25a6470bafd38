import { expect, test } from 'vitest';
import { programOf } from './program';

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605 Version/18 Safari/605', 'Safari on macOS'],
  ['Mozilla/5.0 Firefox/1', 'Firefox'],
  ['curl/8.5.0', 'curl/8.5.0'],
  [undefined, 'An unknown program'],
])('%s is called %s', (userAgent, name) => expect(programOf(userAgent)).toBe(name));

test('what calls itself at length is cut', () => expect(programOf('x'.repeat(300))).toHaveLength(101));
