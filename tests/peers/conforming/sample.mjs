// Small contents of each kind.

/** A PNG of one pixel. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

/** A WAV file of no sound: its head, and no samples. */
export const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

/** A result of this text. */
export function said(text) {
  return { content: [{ type: 'text', text }] };
}

/** After so many milliseconds. */
export function after(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
