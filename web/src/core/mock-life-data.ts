// A life to look at beside its days: goals, projects, a journal, who somebody wants to be.
import { dateOf, type Sample } from './mock-data';

const DAY_MS = 86_400_000;
const LINES = [
  ['Walked to the river before work. Fog, then all at once the sun.', 4],
  ['Slept badly and was short with everyone. Said so in the evening, which helped.', 2],
  ['Mum laughed at the story of the drill for a full minute.', 5],
  ['An ordinary day. Soup, a bill, a long call with Tomas.', 3],
  ['Read in the park until it rained.\nThen read in the porch.', 4],
] as const;

/** So many entries that a year of them scrolls. */
function journal(now: number): readonly Sample[] {
  return Array.from({ length: 60 }, (_, at) => {
    const ago = 1 + at * 3;
    const [text, mood] = LINES[at % LINES.length] ?? LINES[0];
    return { type: 'journal', fields: { date: dateOf(now - ago * DAY_MS), text, mood }, days: ago };
  });
}

export function lives(now: number): readonly Sample[] {
  const on = (days: number) => dateOf(now + days * DAY_MS);
  const made = (type: string, fields: Sample['fields'], days = 40): Sample => ({ type, fields, days });
  return [
    made('goal', {
      title: 'Run five kilometres',
      type: 'milestones',
      status: 'active',
      due: on(60),
      why: 'To climb stairs without thinking of them.',
      milestones: [
        { id: 'm1', title: 'Walk thirty minutes', done: true },
        { id: 'm2', title: 'Run one kilometre', done: true },
        { id: 'm3', title: 'Run three', due: on(20) },
        { id: 'm4', title: 'Run five' },
      ],
    }),
    made('goal', { title: 'Read four thousand minutes', type: 'metric', status: 'active', start: 0, target: 4000, unit: 'min', due: on(40) }, 120),
    made('goal', { title: 'Speak enough Portuguese for a holiday', type: 'outcome', status: 'paused' }, 300),
    made('goal', { title: 'Pay back the loan', type: 'outcome', status: 'achieved' }, 700),
    made('project', { title: 'The flat', status: 'active', notes: 'Paint first, then shelves.' }),
    made('project', { title: 'Grandfather’s letters', status: 'paused' }, 200),
    made('identity', { kind: 'role', title: 'A brother who calls', text: 'Not only when something is wrong.' }),
    made('identity', { kind: 'value', title: 'Honesty, first with myself' }),
    made('identity', { kind: 'scripture', title: 'Psalm 46', text: 'Be still, and know.' }),
    made('identity', { kind: 'belief', title: 'Small things, often' }),
    made('season', { title: 'The year in Lisbon', start: on(-500), end: on(-120), focus: 'Language, sun, few plans.' }, 500),
    ...journal(now),
  ];
}
