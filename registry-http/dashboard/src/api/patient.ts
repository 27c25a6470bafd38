/** How long the service is given before it is asked again. */
const PAUSE_MS = 2_000;

/**
 * Loads a part of the dashboard. While the service does not answer it waits for it: whoever asks for the part would else
 * leave the page, with all that is on it, for nothing.
 */
export async function patient<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      // It is there and has no such part: it is of another version than this page, which is to be loaded anew.
      if (await answers()) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function answers(): Promise<boolean> {
  return fetch('/api/health', { cache: 'no-store' }).then(
    () => true,
    () => false,
  );
}
