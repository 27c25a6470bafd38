let kept = '';

/** The key that was pasted to try a tool: for as long as the page is open, and nowhere but in its memory. */
export const pastedKey = {
  get: () => kept,
  set: (key: string) => {
    kept = key;
  },
};
