// A form about a record: read once, and its fields are filled once.

import { untrack } from 'svelte';
import type { RecordView } from '../../core/types';
import { app, live, type Live } from './app.svelte';

/** For the life of the component. Without an id the form is for a new record. */
export function filling(id: () => string | null, blank: () => void, fill: (record: RecordView) => void): Live<RecordView | null> {
  let filled = false;
  const record = live<RecordView | null>(
    async () => {
      const asked = id();
      return asked === null ? null : app.client.get(asked);
    },
    () => false,
  );
  $effect(() => {
    const { value } = record;
    if (filled || value === undefined) return;
    filled = true;
    untrack(() => (value === null ? blank() : fill(value)));
  });
  return record;
}
