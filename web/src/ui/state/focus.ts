// A page of several steps: when a step has taken away what had the focus, the page itself has it.

import { tick } from 'svelte';

/** Calls it in an effect that reads what changes. */
export async function keepFocus(): Promise<void> {
  await tick();
  const main = document.getElementById('main');
  if (main !== null && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
}
