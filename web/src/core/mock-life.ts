// The sample core's part of types, charts, the past, order, files and reminders.
import { dateOf, isDue } from './mock-data';
import { backOf, recentOf, TAKEN } from './mock-recent';
import { TYPES } from './mock-types';
import { CoreFailure } from './types';
import type { ChangeName, CivilDate, FileFormat, Fields, HabitChart, HistoryChange, ImportDone, ImportHow, Json, LogDay, Notice, RecentChange, RecordView, TakenBack, TypeInfo } from './types';

const DAY_MS = 86_400_000;
const DAILY = 0.5 ** (1 / 13);
const PAUSE_MS = 400;

const placeOf = ({ fields }: RecordView): number => (typeof fields['position'] === 'string' ? Number.parseInt(fields['position'], 16) : Number.MAX_SAFE_INTEGER);
/** In the person's order; what never was moved stands behind, as it was made. */
export function arranged(rows: readonly RecordView[]): readonly RecordView[] {
  const sorted = [...rows].sort((a, b) => placeOf(a) - placeOf(b));
  const first = new Map<string, number>();
  const groupOf = (row: RecordView): string | null => (typeof row.fields['group'] === 'string' ? row.fields['group'] : null);
  const at = sorted.map((row, index) => {
    const group = groupOf(row);
    if (group !== null && !first.has(group)) first.set(group, index);
    return { row, place: group === null ? index : (first.get(group) ?? index) };
  });
  return at.sort((a, b) => a.place - b.place).map(({ row }) => row);
}

function kept({ fields }: RecordView, log: LogDay | undefined): boolean {
  if (fields['polarity'] === 'bad') return log === undefined;
  if (log?.state !== 'value') return log?.state === 'done';
  const target = Number(fields['target'] ?? 0);
  return fields['direction'] === 'at_most' ? (log.value ?? 0) <= target : (log.value ?? 0) >= target;
}

/** Items of lists get names, as the core gives them. */
export function named(fields: Fields): Fields {
  const item = (one: Json, at: number): Json =>
    typeof one === 'object' && one !== null && !Array.isArray(one) && !('id' in one) ? { ...one, id: `i${at}${String(Object.values(one)[0]).length}${Date.now()}` } : one;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Array.isArray(value) ? value.map(item) : value]));
}

export abstract class MockLife {
  abstract get(id: string): Promise<RecordView | null>;
  abstract set(id: string, fields: Fields): Promise<RecordView>;
  abstract add(type: string, fields: Fields): Promise<RecordView>;
  abstract trash(id: string): Promise<void>;
  abstract history(id: string): Promise<readonly HistoryChange[]>;
  abstract logs(habit: string, from: CivilDate, to: CivilDate): Promise<Readonly<Record<CivilDate, LogDay>>>;
  /** Records that are not in the trash. */
  protected abstract rows(): readonly RecordView[];

  async types(): Promise<readonly TypeInfo[]> {
    return TYPES;
  }

  async chart(habit: string, from: CivilDate, to: CivilDate): Promise<HabitChart> {
    const row = await this.get(habit);
    if (row === null) throw new CoreFailure({ code: 'not_found', message: `there is no habit ${habit}` });
    const since = row.created.slice(0, 10);
    const logs = await this.logs(habit, since, to);
    const strength: { date: CivilDate; value: number }[] = [];
    const weekdays = Array.from({ length: 7 }, () => ({ kept: 0, asked: 0 }));
    let [now, best, value] = [0, 0, 0];
    for (let at = Date.parse(since); at <= Date.parse(to); at += DAY_MS) {
      const date = dateOf(at);
      const log = logs[date];
      const done = kept(row, log);
      if (log?.state !== 'skip') value = value * DAILY + (done ? 1 - DAILY : 0);
      const asked = isDue(row.fields, date);
      if (done) now += 1;
      else if (asked && log?.state !== 'skip' && date !== to) now = 0;
      best = Math.max(best, now);
      if (date < from) continue;
      strength.push({ date, value });
      const day = weekdays[(new Date(at).getUTCDay() + 6) % 7];
      if (day === undefined || !asked || log?.state === 'skip') continue;
      day.asked += 1;
      day.kept += done ? 1 : 0;
    }
    return { streak: { now, best, freezes: Math.min(2, Math.floor(now / 7)), unit: 'days' }, strength, weekdays };
  }

  async recent(limit: number): Promise<readonly RecentChange[]> {
    const told = this.rows().map(async (row) => ({ row, history: await this.history(row.id) }));
    return recentOf(await Promise.all(told), limit);
  }
  async takeBack(changes: readonly ChangeName[]): Promise<TakenBack> {
    for (const { document, change } of changes) {
      const id = document.split('/')[1] ?? '';
      const found = (await this.history(id)).find((one) => one.change === change);
      const fields = found === undefined ? {} : backOf(found);
      await (fields === null ? this.trash(id) : this.set(id, fields));
    }
    return TAKEN;
  }

  /** As its history says; the samples begin with one change, so the past is short. */
  async asOf(id: string, date: CivilDate): Promise<RecordView | null> {
    const row = await this.get(id);
    if (row === null || row.created.slice(0, 10) > date) return null;
    const later = (await this.history(id)).filter(({ time }) => time.slice(0, 10) > date);
    const fields: Record<string, Fields[string]> = { ...row.fields };
    for (const { field, before } of later.toReversed().flatMap(({ changes }) => changes)) {
      if (before === null) continue;
      fields[field] = before;
    }
    return { ...row, fields };
  }

  async arrange(id: string, after: string | null, group?: string): Promise<void> {
    const row = await this.get(id);
    if (row === null) throw new CoreFailure({ code: 'not_found', message: `there is no record ${id}` });
    const others = arranged(this.rows().filter((one) => one.type === row.type && one.id !== id));
    // A place each, as far apart as a sample needs.
    const at = after === null ? 0 : others.findIndex((one) => one.id === after) + 1;
    const known = (index: number): number => {
      const one = others[index];
      if (one === undefined) return index < 0 ? 0 : 0x7fff_0000;
      return placeOf(one) === Number.MAX_SAFE_INTEGER ? 0x100_0000 + index * 0x1_0000 : placeOf(one);
    };
    for (const [index, one] of others.entries()) {
      if (placeOf(one) === Number.MAX_SAFE_INTEGER) this.place(one.id, known(index).toString(16).padStart(8, '0'));
    }
    const between = Math.floor((known(at - 1) + known(at)) / 2);
    await this.set(id, { position: between.toString(16).padStart(8, '0'), ...(group === undefined ? {} : { group: group || null }) });
  }
  /** Writes a place without a way back. */
  protected abstract place(id: string, position: string): void;

  async notices(): Promise<readonly Notice[]> {
    const now = Date.now();
    const day = (ahead: number): CivilDate => dateOf(now + ahead * DAY_MS);
    const found = this.rows().flatMap((row): readonly Notice[] => {
      const { fields, type, id } = row;
      const title = String(fields['name'] ?? fields['title'] ?? '');
      const timed = (date: CivilDate, time: string): Notice => ({ id: `${id} ${date}`, at: Date.parse(`${date}T${time}:00`), title, type, record: id, date });
      if (type === 'habit' && typeof fields['reminders'] === 'object' && fields['reminders'] !== null) {
        return Object.keys(fields['reminders']).flatMap((time) => [0, 1, 2, 3].map((ahead) => timed(day(ahead), time)));
      }
      if (type === 'task' && typeof fields['due'] === 'string' && typeof fields['due_time'] === 'string') return [timed(fields['due'], fields['due_time'])];
      const start = type === 'event' ? String(fields['start'] ?? '').split('T') : [];
      return start[0] && start[1] ? [timed(start[0], start[1])] : [];
    });
    return found.filter(({ at }) => at > now && at < now + 30 * DAY_MS).sort((a, b) => a.at - b.at).slice(0, 200);
  }

  async exportFile(format: FileFormat, type?: string): Promise<Blob> {
    if (format === 'json') return new Blob([JSON.stringify(this.rows())], { type: 'application/json' });
    if (format === 'ics') return new Blob(['BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//sample\r\nEND:VCALENDAR\r\n'], { type: 'text/calendar' });
    const rows = this.rows().filter((row) => row.type === type);
    return new Blob([rows.map(({ id, fields }) => `${id},${String(fields['title'] ?? fields['name'] ?? '')}`).join('\r\n')], { type: 'text/csv' });
  }
  /** Reads lines as titles, whatever the format: enough to look at the screens. */
  async importFile(file: Blob, { type = 'task', dry = false }: ImportHow = {}): Promise<ImportDone> {
    await new Promise((done) => setTimeout(done, PAUSE_MS));
    const lines = (await file.text()).split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
    const known = new Set(this.rows().map(({ fields }) => fields['title'] ?? fields['name']));
    const fresh = lines.filter((line) => !known.has(line));
    if (!dry) for (const line of fresh) await this.add(type, type === 'habit' ? { name: line } : { title: line, ...(type === 'task' ? { status: 'pending' } : {}) });
    return { documents: lines.length, changed: fresh.length, stopped: false };
  }
  async stop(): Promise<boolean> {
    return false;
  }
}
