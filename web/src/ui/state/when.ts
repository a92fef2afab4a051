// A day, or a day and a time on some wall, as records hold it: `2026-11-22`, `2026-11-22T09:30`, `2026-11-22T09:30[Asia/Tokyo]`.

export interface When {
  readonly date: string;
  /** `HH:MM`; empty: the whole day. */
  readonly time: string;
  /** Of a time elsewhere; empty: where the person is. */
  readonly zone: string;
}

export function partsOf(text: string): When {
  const [local = '', zone = ''] = text.split('[');
  const [date = '', time = ''] = local.split('T');
  return { date, time: time.slice(0, 5), zone: zone.replace(/\]$/, '') };
}

/** Without a day it is nothing, without a time it has no zone. */
export function whenOf({ date, time, zone }: When): string {
  if (date === '') return '';
  return time === '' ? date : `${date}T${time}${zone === '' ? '' : `[${zone}]`}`;
}

/** Whether an end lies before its beginning. A day without a time has room for both; clocks of two zones are not compared. */
export function endsBefore(start: string, end: string): boolean {
  const [from, to] = [partsOf(start), partsOf(end)];
  if (from.date === '' || to.date === '' || (from.zone !== to.zone && from.time !== '' && to.time !== '')) return false;
  return to.date < from.date || (to.date === from.date && from.time !== '' && to.time !== '' && to.time < from.time);
}
