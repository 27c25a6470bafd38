import { config } from 'zod/mini';

// Zod would make functions of text, which the content security policy does not let it do; so it need not try.
config({ jitless: true });
