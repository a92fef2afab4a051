// After a form was refused, the first field that is wrong takes the focus, and its reason is read out.

import { tick } from 'svelte';

export async function focusWrong(form: EventTarget | null): Promise<void> {
  await tick();
  if (form instanceof HTMLElement) form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
