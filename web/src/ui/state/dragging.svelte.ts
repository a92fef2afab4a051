// What is being dragged over the calendar, and where it would come down. Places say where they are by attributes:
// `data-day`, and on it `data-hours` for a column of hours or `data-all-day` for whole days; a day with neither keeps the time.

import type { CalendarItem, MoveTo } from '../../core/types';
import { DAY_MINUTES, partOf, quarter } from './calendar';
import { timeOf } from './dates';
import type { Lifted, Point } from './lift';
import { move } from './moving';

class Dragging {
  /** Null while nothing is. */
  item = $state.raw<CalendarItem | null>(null);
  over = $state.raw<MoveTo | null>(null);
  /** How far below its upper edge it was grabbed, in minutes. */
  #grabbed = 0;

  /** For `liftable`: an item, as it stands on `day`; `menu` is asked for by holding. */
  of(item: CalendarItem, day: string, menu: () => void): Lifted {
    return {
      movable: () => item.movable,
      menu,
      lift: (from) => {
        this.item = item;
        this.over = null;
        const at = placeAt(from, 0);
        // Something long is moved by its first day, wherever it was taken.
        this.#grabbed = at?.start == null || item.start === null ? 0 : Math.max(minutesAt(from) - partOf(item, day).from, 0);
      },
      move: (to) => (this.over = placeAt(to, this.#grabbed)),
      drop: () => {
        const { over } = this;
        this.clear();
        if (over !== null) void move(item, over);
      },
      putBack: () => this.clear(),
    };
  }
  clear(): void {
    this.item = null;
    this.over = null;
  }
}

export const dragging = new Dragging();

function columnAt({ x, y }: Point): HTMLElement | null {
  return document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-day]') ?? null;
}

function minutesAt(point: Point): number {
  const column = columnAt(point);
  if (column === null) return 0;
  const { top, height } = column.getBoundingClientRect();
  return ((point.y - top) / height) * DAY_MINUTES;
}

function placeAt(point: Point, grabbed: number): MoveTo | null {
  const column = columnAt(point);
  const on = column?.dataset['day'];
  if (column === null || on === undefined) return null;
  if (column.dataset['hours'] !== undefined) return { on, start: timeOf(quarter(minutesAt(point) - grabbed)) };
  return column.dataset['allDay'] === undefined ? { on } : { on, start: null };
}

/** The place of a click, for something new. */
export function placeOf(event: MouseEvent): MoveTo | null {
  return placeAt({ x: event.clientX, y: event.clientY }, 0);
}
