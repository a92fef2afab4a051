// Dragging by mouse, pen and finger on one element. A finger lifts by holding still, so that it can still scroll; a mouse
// lifts by moving. What only holds and lets go asks for the menu, as the secondary button and the menu key do.
// Invariant: whatever was lifted is either dropped or put back.

import type { Attachment } from 'svelte/attachments';

const HOLD_MS = 450;
const SLIP_PX = 10;
const MOUSE_SLIP_PX = 5;
/** So near an edge of what scrolls, it scrolls; so far a frame. */
const EDGE_PX = 40;
const EDGE_STEP_PX = 6;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Lifted {
  /** Asked at each press; what stays where it is has the menu alone. */
  readonly movable: () => boolean;
  /** Held or asked for without being dragged. */
  readonly menu: () => void;
  /** It leaves its place; `from` is where it was grabbed. */
  readonly lift: (from: Point) => void;
  readonly move: (to: Point) => void;
  readonly drop: () => void;
  readonly putBack: () => void;
}

/** Something that stays where it is and has a menu. */
export function atRest(menu: () => void): Lifted {
  const nothing = (): void => undefined;
  return { movable: () => false, menu, lift: nothing, move: nothing, drop: nothing, putBack: nothing };
}

const far = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function scrollerOf(element: HTMLElement): HTMLElement {
  for (let at = element.parentElement; at !== null; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY) && at.scrollHeight > at.clientHeight) return at;
  }
  return document.documentElement;
}

/** Scrolls what holds `element` while `at` is near its upper or lower edge, and says so. Returns how to stop. */
function edges(element: HTMLElement, at: () => Point, scrolled: () => void): () => void {
  const scroller = scrollerOf(element);
  const page = scroller === document.documentElement;
  let frame = 0;
  const look = (): void => {
    const { top, bottom } = page ? { top: 0, bottom: innerHeight } : scroller.getBoundingClientRect();
    const { y } = at();
    const step = y < top + EDGE_PX ? -EDGE_STEP_PX : y > bottom - EDGE_PX ? EDGE_STEP_PX : 0;
    const before = scroller.scrollTop;
    if (step !== 0) scroller.scrollTop += step;
    if (scroller.scrollTop !== before) scrolled();
    frame = requestAnimationFrame(look);
  };
  frame = requestAnimationFrame(look);
  return () => cancelAnimationFrame(frame);
}

export function liftable(made: () => Lifted): Attachment<HTMLElement> {
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let state: 'none' | 'pressed' | 'held' | 'dragged' = 'none';
    let touch = false;
    /** The click that ends a drag opens nothing. */
    let swallow = false;
    let from: Point = { x: 0, y: 0 };
    let last = from;
    let stopEdges: (() => void) | null = null;

    const end = (): void => {
      clearTimeout(timer);
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', cancel);
      stopEdges?.();
      stopEdges = null;
      state = 'none';
    };
    const take = (pointer: number): void => {
      state = 'held';
      swallow = true;
      element.setPointerCapture(pointer);
      made().lift(from);
      stopEdges = edges(element, () => last, () => state === 'dragged' && made().move(last));
    };
    const down = (event: PointerEvent): void => {
      if (event.button !== 0 || !event.isPrimary) return;
      swallow = false;
      touch = event.pointerType === 'touch';
      from = last = { x: event.clientX, y: event.clientY };
      state = 'pressed';
      // A quick mouse has left the element before its first move is told.
      addEventListener('pointermove', move);
      addEventListener('pointerup', up);
      addEventListener('pointercancel', cancel);
      if (!touch) return;
      timer = setTimeout(() => {
        navigator.vibrate?.(10);
        if (made().movable()) take(event.pointerId);
        else {
          swallow = true;
          end();
          made().menu();
        }
      }, HOLD_MS);
    };
    const move = (event: PointerEvent): void => {
      if (state === 'none') return;
      last = { x: event.clientX, y: event.clientY };
      if (state === 'pressed') {
        if (far(from, last) <= (touch ? SLIP_PX : MOUSE_SLIP_PX)) return;
        // A finger that moves before it was held still scrolls.
        if (touch || !made().movable()) return end();
        take(event.pointerId);
      }
      if (state === 'held' && far(from, last) > MOUSE_SLIP_PX) state = 'dragged';
      if (state === 'dragged') made().move(last);
    };
    const up = (): void => {
      const was = state;
      end();
      if (was === 'dragged') made().drop();
      if (was === 'held') {
        made().putBack();
        made().menu();
      }
    };
    const cancel = (): void => {
      const was = state;
      end();
      if (was === 'held' || was === 'dragged') made().putBack();
    };
    const listeners: readonly (readonly [string, EventListener])[] = [
      ['pointerdown', down as EventListener],
      ['click', (event) => swallow && (event as MouseEvent).detail > 0 && event.preventDefault()],
      // The browser would drag a link by itself.
      ['dragstart', (event) => event.preventDefault()],
      // A lifted thing follows the finger, the page does not.
      ['touchmove', (event) => (state === 'held' || state === 'dragged') && event.cancelable && event.preventDefault()],
      [
        'contextmenu',
        (event) => {
          event.preventDefault();
          // Some browsers send this in the middle of a long press, which has lifted already.
          if (state === 'held' || state === 'dragged' || swallow) return;
          end();
          made().menu();
        },
      ],
    ];
    const escape = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && (state === 'held' || state === 'dragged')) cancel();
    };
    for (const [name, listener] of listeners) element.addEventListener(name, listener, { passive: false });
    addEventListener('keydown', escape);
    return () => {
      cancel();
      for (const [name, listener] of listeners) element.removeEventListener(name, listener);
      removeEventListener('keydown', escape);
    };
  };
}
