// What a catalogue is made with: numbers, dates and plurals as the person's own region writes them. No catalogue
// glues words to numbers by hand.

/** Forms of one sentence; `#` stands for the number. `other` is always there, the rest as the language needs. */
export type Forms = { readonly other: string } & { readonly [form in Intl.LDMLPluralRule]?: string };

export interface Format {
  readonly locale: string;
  readonly dir: 'ltr' | 'rtl';
  number(value: number, most?: number): string;
  plural(count: number, forms: Forms): string;
  list(words: readonly string[]): string;
  /** `19 November` */
  day(date: string): string;
  /** `19 November 2026` */
  dayAndYear(date: string): string;
  /** `Thu 19 Nov` */
  shortDay(date: string): string;
  /** `Thursday 19 November` */
  longDay(date: string): string;
  /** `Thursday` */
  weekday(date: string): string;
  /** `Nov` */
  month(date: string): string;
  /** One letter or so a day, Monday first. */
  weekdays(width: 'narrow' | 'short' | 'long'): readonly string[];
  /** `Thu` */
  shortWeekday(date: string): string;
  /** `19` */
  dayOfMonth(date: string): string;
  /** `November 2026` */
  monthAndYear(date: string): string;
  /** `16 – 22 November` */
  days(from: string, to: string): string;
  /** `07:41`, of a time of day as records hold it. */
  clock(time: string): string;
  /** `07:00` or `7 AM`: a full hour, as short as can be. */
  hour(hour: number): string;
  /** `07:41`, of an instant in milliseconds or RFC 3339. */
  time(instant: number | string): string;
  /** `07:41` of today, `19 Nov, 07:41` of another day. */
  moment(instant: number | string, now: number): string;
  bytes(count: number): string;
  /** `in 2 days`, `yesterday` */
  fromNow(days: number): string;
}

/** A civil date as an instant that formats back to the same date, whatever the zone. */
function noon(date: string): Date {
  return new Date(`${date}T12:00:00Z`);
}

const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);
const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

export function format(locale: string): Format {
  const rules = new Intl.PluralRules(locale);
  const civil = (options: Intl.DateTimeFormatOptions) => {
    const made = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
    return (date: string) => made.format(noon(date));
  };
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  const dayAndClock = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  // Hours of two digits stand under each other; before AM and PM a zero would be odd.
  const halves = clock.resolvedOptions().hour12 === true;
  const ofDay = new Intl.DateTimeFormat(locale, { hour: halves ? 'numeric' : '2-digit', minute: '2-digit', timeZone: 'UTC' });
  const ofHour = halves ? new Intl.DateTimeFormat(locale, { hour: 'numeric', timeZone: 'UTC' }) : ofDay;
  const range = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' });
  // One is slow to make, and lists write a number a row.
  const numbers = new Map<number, Intl.NumberFormat>();
  const number = (value: number, most = 3) => {
    const made = numbers.get(most) ?? new Intl.NumberFormat(locale, { maximumFractionDigits: most });
    numbers.set(most, made);
    return made.format(value);
  };
  return {
    locale,
    dir: RIGHT_TO_LEFT.has(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr',
    number,
    plural: (count, forms) => (forms[rules.select(count)] ?? forms.other).replaceAll('#', number(count)),
    list: (words) => lists.format(words),
    day: civil({ day: 'numeric', month: 'long' }),
    dayAndYear: civil({ day: 'numeric', month: 'long', year: 'numeric' }),
    shortDay: civil({ weekday: 'short', day: 'numeric', month: 'short' }),
    longDay: civil({ weekday: 'long', day: 'numeric', month: 'long' }),
    weekday: civil({ weekday: 'long' }),
    month: civil({ month: 'short' }),
    shortWeekday: civil({ weekday: 'short' }),
    dayOfMonth: civil({ day: 'numeric' }),
    monthAndYear: civil({ month: 'long', year: 'numeric' }),
    days: (from, to) => range.formatRange(noon(from), noon(to)),
    hour: (hour) => ofHour.format(new Date(Date.UTC(1970, 0, 1, hour))),
    clock: (time) => ofDay.format(new Date(`1970-01-01T${time}:00Z`)),
    weekdays: (width) => {
      const name = civil({ weekday: width });
      // 5 January 2026 is a Monday.
      return Array.from({ length: 7 }, (_, i) => name(`2026-01-${String(5 + i).padStart(2, '0')}`));
    },
    time: (instant) => clock.format(new Date(instant)),
    moment: (instant, now) => {
      const at = new Date(instant);
      return at.toDateString() === new Date(now).toDateString() ? clock.format(at) : dayAndClock.format(at);
    },
    bytes: (count) => {
      let value = count;
      let unit = 0;
      while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
        value /= 1000;
        unit += 1;
      }
      const style = { style: 'unit', unit: BYTE_UNITS[unit] ?? 'byte', unitDisplay: 'short' } as const;
      return new Intl.NumberFormat(locale, { ...style, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
    },
    fromNow: (days) => relative.format(days, 'day'),
  };
}
