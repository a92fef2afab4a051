// What every dialogue does beyond what the browser does for it: where the focus begins, where it goes back to, and what
// of a finger's way does not count.

import type { Attachment } from 'svelte/attachments';

export const modal: Attachment<HTMLDialogElement> = (dialog) => {
  const back = document.activeElement;
  dialog.showModal();
  // The browser would give the focus to the first thing there is, which closes the sheet.
  const first = dialog.querySelector<HTMLElement>('[data-first]') ?? dialog.querySelector<HTMLElement>('.rows button');
  (first ?? dialog.querySelector<HTMLElement>('h2'))?.focus();
  // The finger whose long press opened the sheet is lifted over it: what did not begin here means nothing here.
  let began: EventTarget | null = null;
  const down = (event: Event) => (began = event.target);
  const click = (event: MouseEvent) => {
    const stray = event.detail > 0 && (began === null || (event.target === dialog && began !== dialog));
    if (!stray) return;
    event.preventDefault();
    event.stopPropagation();
  };
  dialog.addEventListener('pointerdown', down, { capture: true });
  dialog.addEventListener('click', click, { capture: true });
  return () => {
    dialog.removeEventListener('pointerdown', down, { capture: true });
    dialog.removeEventListener('click', click, { capture: true });
    dialog.close();
    const there = back instanceof HTMLElement && back.isConnected && back !== document.body;
    (there ? back : document.getElementById('main'))?.focus();
  };
};
