// Five years of one person as the file that every device writes and reads: it follows from a seed and the last day alone.
// `node tests/browser/lib/fiveyears.mjs SEED LAST_DAY` prints it, with the count on standard error.
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { CLAUSES, FIRST, HABITS, IDENTITIES, LABELS, LAST, PLACES, ROUTINES, SERIES, THINGS, VERBS } from './lifewords.mjs';

const DAYS = 5 * 365 + 1;
/** What is planned lies so many days ahead. */
const AHEAD = 28;
const WEEK = 7;
/** In a week. */
const TASKS = 12;
const EVENTS = 3;
const JOURNAL = 4;

/** The same draws for the same seed, in every version of Node. */
class Dice {
  #seed;
  #drawn = 0;
  constructor(seed) {
    this.#seed = seed;
  }
  #bytes() {
    this.#drawn += 1;
    return createHash('sha256').update(`${this.#seed} ${this.#drawn}`).digest();
  }
  below(count) {
    return this.#bytes().readUInt32BE() % count;
  }
  percent(share) {
    return this.below(100) < share;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  hex(digits) {
    return this.#bytes().toString('hex').slice(0, digits);
  }
  id() {
    const hex = this.hex(32);
    return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join('-');
  }
}

const two = (number) => String(number).padStart(2, '0');

class Life {
  records = [];
  streams = [];
  constructor(seed, last) {
    this.dice = new Dice(seed);
    this.last = last;
    const [year, month, day] = last.split('-').map(Number);
    /** The day so many days after the last; negative before it. */
    this.on = (later) => new Date(Date.UTC(year, month - 1, day + later)).toISOString().slice(0, 10);
    this.people = [];
    this.goals = [];
    this.projects = [];
  }

  add(type, created, fields, updated = created) {
    const id = this.dice.id();
    const at = (day) => `${day}T07:${two(this.records.length % 60)}:00Z`;
    this.records.push({ type, id, created: at(created), updated: at(updated), deleted: false, fields });
    return id;
  }
  row(type, parent, date, fields) {
    this.streams.push({ type, parent, date, ...fields, logged: `${date}T19:00:00Z`, origin: 'hand' });
  }

  sentences(count) {
    const { dice } = this;
    const one = () => `${dice.pick(CLAUSES)}; ${dice.pick(VERBS).toLowerCase()} ${dice.pick(THINGS)}`;
    return Array.from({ length: count }, (_, n) => `${one()}.${n % 3 === 2 ? '\n' : ''}`).join(' ');
  }
  title() {
    return `${this.dice.pick(VERBS)} ${this.dice.pick(THINGS)}`;
  }
  time(from, hours) {
    return `${two(from + this.dice.below(hours))}:${this.dice.pick(['00', '15', '30'])}`;
  }

  /** All days from the first to the last, as counted from the last. */
  *past() {
    for (let later = -DAYS; later <= 0; later += 1) yield later;
  }

  habits() {
    for (const { kept, ...fields } of HABITS) {
      const id = this.add('habit', this.on(-DAYS), { polarity: 'good', kind: 'yes_no', ...fields });
      const note = () => (this.dice.percent(4) ? { note: this.dice.pick(CLAUSES) } : {});
      for (const later of this.past()) {
        // Today is half over.
        if (!this.dice.percent(later === 0 ? 40 : kept)) continue;
        const timezone = 'Etc/UTC';
        if (fields.polarity === 'bad') this.row('habit_log', id, this.on(later), { timezone, state: 'slip' });
        else if (this.dice.percent(4)) this.row('habit_log', id, this.on(later), { timezone, state: 'skip', ...note() });
        else if (fields.kind === 'measurable') {
          this.row('habit_log', id, this.on(later), { timezone, state: 'value', value: 5 + this.dice.below(2 * fields.target), ...note() });
        } else this.row('habit_log', id, this.on(later), { timezone, state: 'done', ...note() });
      }
    }
  }

  routines() {
    for (const { title, from, until, steps } of ROUTINES) {
      const all = steps.map((step) => ({ id: this.dice.hex(16), title: step, minutes: 2 + this.dice.below(10) }));
      const schedule = { '0001-01-01': 'daily' };
      const id = this.add('routine', this.on(-DAYS), { title, window_start: from, window_end: until, steps: all, schedule });
      for (const later of this.past()) {
        if (later === 0 || !this.dice.percent(80)) continue;
        const done = all.filter(() => this.dice.percent(90)).map((step) => step.id).sort();
        if (done.length > 0) this.row('routine_log', id, this.on(later), { done, ...(done.length === all.length ? { finished: true } : {}) });
      }
    }
  }

  who() {
    for (const [kind, title] of IDENTITIES) this.add('identity', this.on(-DAYS), { kind, title, text: this.sentences(3) });
    for (const first of FIRST) {
      const birthday = `19${50 + this.dice.below(50)}-${two(1 + this.dice.below(12))}-${two(1 + this.dice.below(28))}`;
      const name = `${first} ${this.dice.pick(LAST)}`;
      this.people.push(this.add('person', this.on(-DAYS + this.dice.below(DAYS)), { name, birthday, cadence_days: 30, notes: this.sentences(2) }));
    }
    const half = Math.ceil(DAYS / 10);
    for (let n = 0; n < 10; n += 1) {
      const [start, end] = [-DAYS + n * half, Math.min(-DAYS + (n + 1) * half - 1, AHEAD)];
      this.add('season', this.on(start), { title: this.title(), start: this.on(start), end: this.on(end), focus: this.sentences(2) });
    }
  }

  aims() {
    for (let n = 0; n < 15; n += 1) {
      const since = -Math.floor((DAYS * (15 - n)) / 15);
      const over = n < 9;
      const milestones = Array.from({ length: 4 }, (_, at) => ({ id: this.dice.hex(16), title: this.title(), done: over || at < 2 }));
      const status = over ? this.dice.pick(['achieved', 'achieved', 'dropped']) : 'active';
      this.goals.push(this.add('goal', this.on(since), { title: this.title(), type: 'milestones', why: this.sentences(2), status, due: this.on(since + 300), milestones }));
    }
    for (let n = 0; n < 30; n += 1) {
      const since = -Math.floor((DAYS * (30 - n)) / 30);
      const status = n < 24 ? 'completed' : 'active';
      this.projects.push(this.add('project', this.on(since), { title: this.title(), status, notes: this.sentences(3), goal: this.goals[Math.floor(n / 2)] }));
    }
  }

  tasks() {
    for (const [title, rrule, every] of SERIES) {
      const id = this.add('task', this.on(-DAYS), { title, status: 'pending', due: this.on(-DAYS), rrule, labels: ['home'] });
      for (let later = -DAYS; later < 0; later += every) {
        const date = this.on(later);
        if (this.dice.percent(92)) this.row('task_log', id, date, { status: 'completed', completed_on: date });
      }
    }
    for (let later = -DAYS; later < AHEAD; later += WEEK) {
      for (let n = 0; n < TASKS; n += 1) this.task(later + this.dice.below(WEEK));
    }
  }
  task(due) {
    const { dice } = this;
    // Of what is long over little is left open; of the last days about half.
    const open = due > 0 || dice.percent(due < -14 ? 1 : 40);
    const status = open ? 'pending' : dice.percent(5) ? 'cancelled' : 'completed';
    const created = Math.min(due - dice.below(20), 0);
    const done = Math.min(due + dice.below(3), 0);
    const date = open && dice.percent(25) ? {} : { due: this.on(due) };
    const fields = { title: this.title(), status, priority: dice.below(4), ...date, labels: [dice.pick(LABELS)] };
    if (dice.percent(30)) fields.description = this.sentences(1);
    if (dice.percent(20)) fields.estimated_minutes = 15 * (1 + dice.below(8));
    if (dice.percent(10) && date.due !== undefined) fields.due_time = this.time(8, 11);
    if (dice.percent(15)) fields.project = this.projects[Math.max(0, Math.floor(((due + DAYS) / DAYS) * 29))] ?? this.projects.at(-1);
    if (status === 'completed') fields.completed_on = this.on(done);
    this.add('task', this.on(created), fields, this.on(open ? created : Math.max(created, done)));
  }

  events() {
    const again = ['MO', 'TU', 'TH', 'FR'].map((day) => [`${this.dice.pick(VERBS)} in turns`, `FREQ=WEEKLY;BYDAY=${day}`]);
    for (const [title, rrule] of again) {
      this.add('event', this.on(-DAYS), { title, start: `${this.on(-DAYS)}T18:00`, end: `${this.on(-DAYS)}T19:00`, rrule, busy: true });
    }
    for (let later = -DAYS; later < AHEAD; later += WEEK) {
      for (let n = 0; n < EVENTS; n += 1) {
        const day = later + this.dice.below(WEEK);
        const date = this.on(day);
        const hour = 8 + this.dice.below(11);
        const whole = this.dice.percent(15);
        const when = whole ? { start: date, all_day: true } : { start: `${date}T${two(hour)}:00`, end: `${date}T${two(hour + 1)}:30` };
        const fields = { title: `${this.title()} together`, ...when, busy: !whole, location: this.dice.pick(PLACES), people: [this.dice.pick(this.people)] };
        this.add('event', this.on(Math.min(day - this.dice.below(30), 0)), fields);
      }
    }
  }

  journal() {
    for (let later = -DAYS; later < 0; later += WEEK) {
      for (let n = 0; n < JOURNAL; n += 1) {
        const date = this.on(Math.min(later + 2 * n, -1));
        const text = this.sentences(3 + this.dice.below(this.dice.percent(10) ? 40 : 10));
        const about = this.dice.percent(20) ? { about: [this.dice.pick(this.people)] } : {};
        this.add('journal', date, { date, text, mood: 1 + this.dice.below(5), ...about });
      }
    }
  }
}

/** Five years that end with `last`, as the text of an export. */
export function fiveYears(seed, last) {
  const life = new Life(seed, last);
  for (const part of ['who', 'aims', 'habits', 'routines', 'tasks', 'events', 'journal']) life[part]();
  const { records, streams } = life;
  return JSON.stringify({ format: 'life-os', version: 1, records, streams });
}

/** How many there are of each type. */
export function counted(file) {
  const { records, streams } = JSON.parse(file);
  const counts = {};
  for (const { type } of [...records, ...streams]) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [seed = '1', last = new Date().toISOString().slice(0, 10)] = process.argv.slice(2);
  const file = fiveYears(seed, last);
  console.error(JSON.stringify(counted(file)), `${file.length} bytes`);
  console.log(file);
}
