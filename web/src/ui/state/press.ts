// A tap does the usual; holding, the secondary button or the menu key offers the rest. As an attachment, so that the
// element stays a plain button to keyboards and screen readers.

import type { Attachment } from 'svelte/attachments';

const HOLD_MS = 450;
const SLIP_PX = 10;

export function press(tap: () => void, hold: () => void): Attachment<HTMLElement> {
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let held = false;
    let from = { x: 0, y: 0 };
    const stop = () => clearTimeout(timer);
    const down = (event: PointerEvent) => {
      held = false;
      if (event.button !== 0) return;
      from = { x: event.clientX, y: event.clientY };
      timer = setTimeout(() => {
        held = true;
        navigator.vibrate?.(10);
        hold();
      }, HOLD_MS);
    };
    const move = (event: PointerEvent) => {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLIP_PX) stop();
    };
    const click = (event: MouseEvent) => {
      stop();
      // The release of a long press; a key has no detail and never holds.
      if (held && event.detail > 0) {
        held = false;
        event.preventDefault();
        return;
      }
      tap();
    };
    const menu = (event: Event) => {
      event.preventDefault();
      stop();
      // Some browsers send this in the middle of a long press, which has opened the menu already.
      if (!held) hold();
    };
    const listeners: readonly (readonly [string, EventListener])[] = [
      ['pointerdown', down as EventListener],
      ['pointermove', move as EventListener],
      ['pointerup', stop],
      ['pointercancel', stop],
      ['pointerleave', stop],
      ['click', click as EventListener],
      ['contextmenu', menu],
    ];
    for (const [name, listener] of listeners) element.addEventListener(name, listener);
    return () => {
      stop();
      for (const [name, listener] of listeners) element.removeEventListener(name, listener);
    };
  };
}
