/**
 * Clears a field in a change: `email: typed || CLEARED`. The API takes `null`, of which the OpenAPI document, and so the
 * generated types, say nothing.
 */
export const CLEARED = null as never;
