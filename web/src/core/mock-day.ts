// The sample core's part of a day and a plan: routines, dates of tasks that come again, the calendar, quick add.
import { dateOf } from './mock-data';
import { MockLife } from './mock-life';
import { understood } from './mock-line';
import { datesOf, laterBy, plus, planned, textOf, type Kept, type Logs, type Ticked } from './mock-plan';
import { CoreFailure } from './types';
import type {
  CalendarItem,
  CivilDate,
  ItemName,
  LogAction,
  LogDay,
  MoveTo,
  Occurrence,
  OccurrenceAction,
  Quick,
  RecordView,
  RoutineRate,
  RoutineAction,
  RoutineDay,
  Today,
} from './types';

const LOOK_BACK_DAYS = 31;
const NO_STEP: Ticked = { done: [], finished: false, skipped: false };

export abstract class MockDay extends MockLife {
  readonly #kept = new Map<string, Kept>();
  readonly #ticked = new Map<string, Ticked>();

  /** A change of a log was made; `back` takes it back. */
  protected abstract noted(type: string, id: string, back: () => void): void;
  abstract log(habit: string, date: CivilDate, action: LogAction): Promise<LogDay | null>;

  readonly #logs: Logs = {
    kept: (id, date) => this.#kept.get(`${id} ${date}`) ?? { state: 'open' },
    ticked: (id, date) => this.#ticked.get(`${id} ${date}`) ?? NO_STEP,
  };

  async calendar(from: CivilDate, to: CivilDate): Promise<readonly CalendarItem[]> {
    return planned(this.rows(), this.#logs, from, to);
  }

  async move({ type, id, date }: ItemName, to: MoveTo): Promise<void> {
    if (date !== null) {
      const { start } = to;
      const before = this.#logs.kept(id, date);
      this.#put('task_log', id, date, { ...before, on: to.on, ...(start === undefined ? {} : { start }) });
      return;
    }
    const row = this.rows().find((one) => one.id === id);
    if (row === undefined) return;
    if (type === 'task') {
      await this.set(id, { due: to.on, ...(to.start === undefined ? {} : { due_time: to.start }) });
      return;
    }
    const [on = '', before = null] = textOf(row, 'start').split('T');
    const [last = on, end = null] = (textOf(row, 'end') || on).split('T');
    const start = to.start === undefined ? before : to.start;
    const until = plus(to.on, Math.round((Date.parse(last) - Date.parse(on)) / 86_400_000));
    const ends = start === before ? end : laterBy(start, { start: before, end });
    await this.set(id, {
      start: start === null ? to.on : `${to.on}T${start}`,
      end: ends !== null ? `${until}T${ends}` : until === to.on ? null : until,
    });
  }

  async occurrence(task: string, date: CivilDate, action: OccurrenceAction): Promise<void> {
    const state = ({ complete: 'completed', skip: 'skipped', reset: 'open' } as const)[action];
    this.#put('task_log', task, date, { ...this.#logs.kept(task, date), state });
  }

  async routineStep(routine: string, date: CivilDate, action: RoutineAction): Promise<void> {
    const key = `${routine} ${date}`;
    const before = this.#logs.ticked(routine, date);
    const steps = stepIds(this.rows().find(({ id }) => id === routine));
    this.#ticked.set(key, after(before, action, steps));
    this.noted('routine_log', routine, () => this.#ticked.set(key, before));
  }

  async part(id: string, date: CivilDate, onward: boolean): Promise<RecordView> {
    const row = this.rows().find((one) => one.id === id);
    if (row === undefined) throw new CoreFailure({ code: 'not_found', message: `there is no record ${id}` });
    const { rrule, ...fields } = row.fields;
    const [day, time] = row.type === 'task' ? [textOf(row, 'due'), ''] : textOf(row, 'start').split('T');
    if (onward && day === date) return row;
    const on = row.type === 'task' ? { due: date } : { start: time ? `${date}T${time}` : date, end: null };
    await (onward ? this.endBefore(id, date) : this.occurrence(id, date, 'skip'));
    return this.add(row.type, Object.fromEntries(Object.entries({ ...fields, ...on, ...(onward && rrule !== undefined ? { rrule } : {}) }).filter(([, value]) => value !== null)));
  }
  async endBefore(id: string, date: CivilDate): Promise<void> {
    const row = this.rows().find((one) => one.id === id);
    const first = row === undefined ? '' : textOf(row, row.type === 'task' ? 'due' : 'start').slice(0, 10);
    if (row === undefined || first >= date) return this.trash(id);
    await this.set(id, { rrule: `${textOf(row, 'rrule')};UNTIL=${plus(date, -1).replaceAll('-', '')}` });
  }

  async routineRate(routine: string, from: CivilDate): Promise<RoutineRate> {
    const today = dateOf(Date.now());
    const days = (await this.calendar(from, today)).filter(({ type, id }) => type === 'routine' && id === routine);
    const asked = days.filter(({ on, state }) => state === 'done' || (state === 'open' && on < today));
    return { kept: asked.filter(({ state }) => state === 'done').length, asked: asked.length };
  }

  async quick(line: string, write: boolean): Promise<Quick> {
    const habits = this.rows().filter(({ type }) => type === 'habit');
    const quick = understood(line, habits, dateOf(Date.now()));
    if (!write || quick.kind === 'unclear') return quick;
    if (quick.kind === 'log') {
      const { state, value = 0 } = quick;
      await this.log(quick.habit, quick.date, state === 'value' ? { kind: 'value', value } : { kind: state });
    } else {
      const { title, due, time, priority, labels } = quick;
      const fields = { title, status: 'pending', due, due_time: time, priority, labels: labels.length === 0 ? null : labels };
      await this.add('task', Object.fromEntries(Object.entries(fields).filter(([, given]) => given !== null)));
    }
    return quick;
  }

  /** What Today shows besides habits and single tasks. */
  protected dayOf(date: CivilDate): Pick<Today, 'routines' | 'series' | 'agenda'> {
    const rows = this.rows();
    const on = planned(rows, this.#logs, date, date);
    const routines = on
      .filter(({ type }) => type === 'routine')
      .sort((a, b) => (a.start ?? '').localeCompare(b.start ?? ''))
      .flatMap(({ id }): readonly RoutineDay[] => {
        const routine = rows.find((row) => row.id === id);
        return routine === undefined ? [] : [{ routine, due: true, ...this.#logs.ticked(id, date) }];
      });
    const agenda = on
      .filter(({ type, start }) => type === 'event' || type === 'birthday' || (type === 'task' && start !== null))
      .sort((a, b) => (a.start ?? '').localeCompare(b.start ?? ''));
    return { routines, agenda, series: rows.filter((row) => row.type === 'task' && textOf(row, 'rrule') !== '').flatMap((task) => this.#due(task, date)) };
  }

  #due(task: RecordView, date: CivilDate): readonly Occurrence[] {
    const all = datesOf(task, textOf(task, 'due'), plus(date, -LOOK_BACK_DAYS), plus(date, LOOK_BACK_DAYS)).map((of) => {
      const { on = of, start, state } = this.#logs.kept(task.id, of);
      return { task, date: of, on, time: start === undefined ? textOf(task, 'due_time') || null : start, state };
    });
    // When the latest is done, those that were missed before it are let go.
    const come = all.filter(({ on }) => on <= date);
    const open = come.at(-1)?.state === 'open' ? come.filter(({ state }) => state === 'open') : [];
    const last = open.at(-1);
    const over = all.filter(({ on, state }) => state !== 'open' && on === date).map((one) => ({ ...one, missed: 0 }));
    return last === undefined ? over : [{ ...last, missed: open.length - 1 }, ...over];
  }

  /** Begins with some of it done, without a way back. */
  protected begin(id: string, date: CivilDate, ticked: readonly string[]): void {
    this.#ticked.set(`${id} ${date}`, { done: ticked, finished: false, skipped: false });
  }
  #put(type: string, id: string, date: CivilDate, kept: Kept): void {
    const key = `${id} ${date}`;
    const before = this.#logs.kept(id, date);
    this.#kept.set(key, kept);
    this.noted(type, id, () => this.#kept.set(key, before));
  }
}

function stepIds(routine: RecordView | undefined): readonly string[] {
  const steps = routine?.fields['steps'];
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: unknown) => (typeof step === 'object' && step !== null && 'id' in step ? [String(step.id)] : []));
}

function after(before: Ticked, action: RoutineAction, steps: readonly string[]): Ticked {
  if (action === 'finish') return { done: steps, finished: true, skipped: false };
  if (action === 'skip') return { ...before, skipped: true };
  if (action === 'reset') return NO_STEP;
  const done = steps.filter((id) => (id === action.step ? action.done : before.done.includes(id)));
  return { done, finished: done.length === steps.length, skipped: false };
}
