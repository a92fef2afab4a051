// Everything that any tab may ask of the one that holds the vault: records, how sync stands, settings of the device.
import { endOf, importRequest, MEDIA, moveRequest, noticeOf, portable, routineRequest } from './day-asked';
import { failure, type Answer, type Ask } from './messages';
import { CoreFailure } from './types';
import type {
  CalendarItem,
  ChangeName,
  CivilDate,
  DeviceSettings,
  Fields,
  FileFormat,
  Found,
  HabitChart,
  HistoryChange,
  ImportDone,
  ImportHow,
  ItemName,
  ListOptions,
  LogAction,
  LogDay,
  LongWork,
  Member,
  MoveTo,
  Notice,
  OccurrenceAction,
  Page,
  Quick,
  RecentChange,
  RecordTypeName,
  RecordView,
  RoutineAction,
  RoutineRate,
  SearchOptions,
  Status,
  Streak,
  SyncReport,
  TakenBack,
  Today,
  TypeInfo,
} from './types';
import type { LogChange, Reminder, Request } from './wasm/core_wasm';

const PAGE = 200;

/** An action of the screens as the core takes it. */
function actionOf(action: LogAction): LogChange {
  return action.kind === 'value' ? { value: { value: action.value } } : action.kind;
}

export abstract class Asked {
  protected abstract ask(ask: Ask): Promise<Answer>;

  protected async core<T>(request: Request): Promise<T> {
    return JSON.parse(await this.text(request)) as T;
  }

  protected text(request: Request): Promise<string> {
    return this.json({ kind: 'core', request });
  }
  protected async json(ask: Ask): Promise<string> {
    const answer = await this.ask(ask);
    if (answer.kind !== 'json') throw new CoreFailure(failure('internal', 'another answer came'));
    return answer.json;
  }

  today(date?: CivilDate): Promise<Today> {
    return this.core<Today>({ today: date === undefined ? {} : { date } });
  }
  list(type: RecordTypeName, options: ListOptions = {}): Promise<Page> {
    const { limit = PAGE, trash = false, ...given } = options;
    return this.core<Page>({ list: { record: type, limit, trash, ...given } });
  }
  search(text: string, { records = [], limit }: SearchOptions): Promise<Found> {
    return this.core<Found>({ search: { text, records: [...records], trash: false, limit } });
  }
  get(id: string): Promise<RecordView | null> {
    return this.core<RecordView | null>({ get: { id } });
  }
  single(type: RecordTypeName): Promise<RecordView | null> {
    return this.core<RecordView | null>({ single: { record: type } });
  }
  add(type: RecordTypeName, fields: Fields): Promise<RecordView> {
    return this.core<RecordView>({ add: { record: type, fields } });
  }
  set(id: string, fields: Fields): Promise<RecordView> {
    return this.core<RecordView>({ set: { id, fields } });
  }
  logs(habit: string, from: CivilDate, to: CivilDate): Promise<Readonly<Record<CivilDate, LogDay>>> {
    return this.core<Readonly<Record<CivilDate, LogDay>>>({ logs: { habit, from, to } });
  }
  log(habit: string, date: CivilDate, action: LogAction): Promise<LogDay | null> {
    return this.core<LogDay | null>({ log: { habit, date, action: actionOf(action) } });
  }
  async trash(id: string): Promise<void> {
    await this.core<null>({ trash: { id } });
  }
  async restore(id: string): Promise<void> {
    await this.core<null>({ restore: { id } });
  }
  history(id: string): Promise<readonly HistoryChange[]> {
    return this.core<readonly HistoryChange[]>({ history: { id } });
  }
  types(): Promise<readonly TypeInfo[]> {
    return this.core<readonly TypeInfo[]>('types');
  }
  calendar(from: CivilDate, to: CivilDate): Promise<readonly CalendarItem[]> {
    return this.core<readonly CalendarItem[]>({ calendar: { from, to } });
  }
  async move(item: ItemName, to: MoveTo): Promise<void> {
    await this.core<null>(moveRequest(item, to));
  }
  async occurrence(task: string, date: CivilDate, action: OccurrenceAction): Promise<void> {
    await this.core<null>({ occurrence: { task, date, action } });
  }
  async part(id: string, date: CivilDate, onward: boolean): Promise<RecordView> {
    const made = await this.core<RecordView | null>({ part: { id, date, onward } });
    if (made === null) throw new CoreFailure(failure('not_found', 'the record is not there any more'));
    return made;
  }
  async endBefore(id: string, date: CivilDate): Promise<void> {
    await this.core<null>({ endBefore: { id, date } });
  }
  async routineStep(routine: string, date: CivilDate, action: RoutineAction): Promise<void> {
    await this.core<null>(routineRequest(routine, date, action));
  }
  routineRate(routine: string, from: CivilDate): Promise<RoutineRate> {
    return this.core<RoutineRate>({ routineRate: { routine, from } });
  }
  quick(line: string, write: boolean): Promise<Quick> {
    return this.core<Quick>({ quick: { text: line, write } });
  }
  chart(habit: string, from: CivilDate, to: CivilDate): Promise<HabitChart> {
    return this.core<HabitChart>({ chart: { habit, from, to } });
  }
  asOf(id: string, date: CivilDate): Promise<RecordView | null> {
    return this.core<RecordView | null>({ asOf: { id, at: endOf(date) } });
  }
  async arrange(id: string, after: string | null, group?: string): Promise<void> {
    await this.core<null>({ arrange: { id, ...(after === null ? {} : { after }), ...(group === undefined ? {} : { group }) } });
  }
  async notices(): Promise<readonly Notice[]> {
    return (await this.core<readonly Reminder[]>('reminders')).map(noticeOf);
  }
  streaks(): Promise<Readonly<Record<string, Streak>>> {
    return this.core<Readonly<Record<string, Streak>>>('streaks');
  }
  undo(): Promise<boolean> {
    return this.core<boolean>('undo');
  }
  recent(limit: number): Promise<readonly RecentChange[]> {
    return this.core<readonly RecentChange[]>({ recent: { limit } });
  }
  takeBack(changes: readonly ChangeName[]): Promise<TakenBack> {
    return this.core<TakenBack>({ takeBack: { changes: changes.map(({ document, change }) => ({ document, change })) } });
  }
  status(): Promise<Status> {
    return this.core<Status>('status');
  }
  devices(): Promise<readonly Member[]> {
    return this.core<readonly Member[]>('devices');
  }

  async phraseChecked(): Promise<void> {
    await this.ask({ kind: 'phraseChecked' });
  }

  async syncReport(): Promise<SyncReport> {
    const answer = await this.ask({ kind: 'report' });
    if (answer.kind !== 'report') throw new CoreFailure(failure('internal', 'another answer came'));
    return answer.report;
  }
  async syncNow(): Promise<void> {
    await this.ask({ kind: 'syncNow' });
  }

  async moveTo(relay: string, invite: string | null): Promise<void> {
    await this.ask({ kind: 'move', relay: relay.trim(), invite });
  }
  async useInvite(invite: string): Promise<void> {
    await this.ask({ kind: 'invite', invite: invite.trim() });
  }

  readonly settings = {
    get: (): Promise<DeviceSettings> => this.#settings({}),
    set: (change: { readonly name?: string }): Promise<DeviceSettings> => this.#settings(change),
  };

  async #settings(change: { readonly name?: string }): Promise<DeviceSettings> {
    const answer = await this.ask({ kind: 'settings', change });
    if (answer.kind !== 'settings') throw new CoreFailure(failure('internal', 'another answer came'));
    return answer.settings;
  }

  async exportFile(format: FileFormat, type?: string): Promise<Blob> {
    return new Blob([await this.text({ export: portable(format, type) })], { type: MEDIA[format] });
  }
  async importFile(file: Blob, how?: ImportHow): Promise<ImportDone> {
    return this.core<ImportDone>(importRequest(await file.text(), how));
  }
  stop(work: LongWork): Promise<boolean> {
    return this.core<boolean>({ stop: work });
  }
}
