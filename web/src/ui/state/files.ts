// Files that come and go: how a browser keeps one, and what kind of file a name promises.

import type { FileFormat } from '../../core/types';

/** The core takes no larger one. */
export const MOST_BYTES = 256 * 2 ** 20;

export function keep(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // A browser may still be reading when the click is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** By its ending; undefined: the core looks into it. */
export function formatOf(name: string): FileFormat | undefined {
  const ending = name.toLowerCase().split('.').at(-1);
  return ending === 'json' || ending === 'ics' || ending === 'csv' ? ending : undefined;
}
