// Sets of small records to begin with, offered after the first choice and wherever a list is still empty. Data alone, in both
// languages; a set is added by ordinary writes, so each of its records can be changed, undone or thrown away like any other.

import type { Fields, Json } from '../../core/types';

type Text = { readonly en: string; readonly ar: string };
/** A field, or a text in two languages, or a list of items with such texts. */
type Value = Json | Text | readonly { readonly [field: string]: Json | Text }[];
interface Piece {
  readonly type: string;
  readonly fields: { readonly [field: string]: Value };
}
export interface Set {
  readonly key: string;
  readonly name: Text;
  readonly note: Text;
  /** What was picked at the beginning that it suits. */
  readonly domains: readonly string[];
  readonly records: readonly Piece[];
}

const DAILY = { '0001-01-01': 'daily' };
const habit = (en: string, ar: string, more: Piece['fields'] = {}): Piece => ({
  type: 'habit',
  fields: { name: { en, ar }, polarity: 'good', kind: 'yes_no', schedule: DAILY, ...more },
});
const step = (en: string, ar: string, minutes: number) => ({ title: { en, ar }, minutes });
const milestone = (en: string, ar: string) => ({ title: { en, ar } });
const identity = (kind: string, en: string, ar: string): Piece => ({ type: 'identity', fields: { kind, title: { en, ar } } });
const MORNING: Text = { en: 'Morning', ar: 'الصباح' };
const EVENING: Text = { en: 'Evening', ar: 'المساء' };

export const SETS: readonly Set[] = [
  {
    key: 'small-body',
    name: { en: 'Three small habits', ar: 'ثلاث عادات صغيرة' },
    note: { en: 'A walk, a glass of water, bed by eleven', ar: 'مشي وكأس ماء ونوم قبل الحادية عشرة' },
    domains: ['body'],
    records: [
      habit('Walk ten minutes', 'مشي عشر دقائق'),
      habit('A glass of water on waking', 'كأس ماء عند الاستيقاظ', { group: MORNING }),
      habit('In bed by eleven', 'في السرير قبل الحادية عشرة', { group: EVENING }),
    ],
  },
  {
    key: 'morning',
    name: { en: 'A morning routine', ar: 'روتين الصباح' },
    note: { en: 'Four steps before the day begins', ar: 'أربع خطوات قبل أن يبدأ اليوم' },
    domains: ['body', 'mind', 'faith'],
    records: [
      {
        type: 'routine',
        fields: {
          title: { en: 'Morning', ar: 'الصباح' },
          schedule: DAILY,
          window_start: '06:30',
          window_end: '08:30',
          steps: [
            step('Make the bed', 'ترتيب السرير', 3),
            step('Stretch', 'تمدّد', 5),
            step('Sit in silence', 'جلوس في صمت', 5),
            step('Look at the day', 'نظرة في اليوم', 5),
          ],
        },
      },
    ],
  },
  {
    key: 'evening',
    name: { en: 'A quiet evening', ar: 'مساء هادئ' },
    note: { en: 'A routine, and ten pages before sleep', ar: 'روتين، وعشر صفحات قبل النوم' },
    domains: ['mind', 'people'],
    records: [
      {
        type: 'routine',
        fields: {
          title: { en: 'Evening', ar: 'المساء' },
          schedule: DAILY,
          window_start: '21:00',
          steps: [
            step('Tidy one surface', 'ترتيب سطح واحد', 5),
            step('Phone to another room', 'الهاتف في غرفة أخرى', 1),
            step('Three lines in the journal', 'ثلاثة أسطر في اليوميات', 5),
          ],
        },
      },
      habit('Read ten pages', 'قراءة عشر صفحات', { kind: 'measurable', target: 10, unit: { en: 'pages', ar: 'صفحات' }, direction: 'at_least', group: EVENING }),
    ],
  },
  {
    key: 'first-goal',
    name: { en: 'A goal with steps', ar: 'هدف بمراحل' },
    note: { en: 'Run five kilometres, in four milestones', ar: 'الجري خمسة كيلومترات في أربع مراحل' },
    domains: ['body', 'work'],
    records: [
      {
        type: 'goal',
        fields: {
          title: { en: 'Run five kilometres', ar: 'الجري خمسة كيلومترات' },
          type: 'milestones',
          why: { en: 'To climb stairs without thinking of them.', ar: 'لأصعد السلالم دون أن أفكر فيها.' },
          milestones: [
            milestone('Walk thirty minutes', 'مشي ثلاثين دقيقة'),
            milestone('Run one kilometre', 'جري كيلومتر'),
            milestone('Run three', 'جري ثلاثة'),
            milestone('Run five', 'جري خمسة'),
          ],
        },
      },
    ],
  },
  {
    key: 'clear-work',
    name: { en: 'Clear work', ar: 'عمل واضح' },
    note: { en: 'A project, its first two tasks, and a habit', ar: 'مشروع ومهمتاه الأوليان وعادة' },
    domains: ['work'],
    records: [
      { type: 'project', fields: { title: { en: 'What I am working on', ar: 'ما أعمل عليه' } } },
      { type: 'task', fields: { title: { en: 'Write down what is unfinished', ar: 'كتابة ما لم ينته' }, estimated_minutes: 15 } },
      { type: 'task', fields: { title: { en: 'Choose the next three', ar: 'اختيار الثلاثة التالية' }, estimated_minutes: 10 } },
      habit('Plan tomorrow', 'التخطيط للغد', { schedule: { '0001-01-01': 'weekdays mon tue wed thu fri' }, group: EVENING }),
    ],
  },
  {
    key: 'small-money',
    name: { en: 'Money, without fear', ar: 'المال بلا خوف' },
    note: { en: 'A weekly look and a goal for a reserve', ar: 'نظرة أسبوعية وهدف للادخار' },
    domains: ['money'],
    records: [
      { type: 'task', fields: { title: { en: 'Look at the accounts', ar: 'النظر في الحسابات' }, due: 'today', rrule: 'FREQ=WEEKLY', estimated_minutes: 20 } },
      {
        type: 'goal',
        fields: {
          title: { en: 'Three months in reserve', ar: 'ادخار ثلاثة أشهر' },
          type: 'milestones',
          milestones: [milestone('Know what a month costs', 'معرفة كلفة الشهر'), milestone('One month', 'شهر'), milestone('Three months', 'ثلاثة أشهر')],
        },
      },
    ],
  },
  {
    key: 'people',
    name: { en: 'Keeping in touch', ar: 'صلة الناس' },
    note: { en: 'A call a week and an evening together', ar: 'مكالمة كل أسبوع ومساء معًا' },
    domains: ['people'],
    records: [
      habit('Call someone I miss', 'الاتصال بمن أشتاق إليه', { schedule: { '0001-01-01': 'week 1' } }),
      habit('Eat together', 'الأكل معًا', { schedule: { '0001-01-01': 'week 3' }, group: EVENING }),
    ],
  },
  {
    key: 'who',
    name: { en: 'Who I want to be', ar: 'من أريد أن أكون' },
    note: { en: 'A role, a value and a line to live by', ar: 'دور وقيمة وكلمة أعيش بها' },
    domains: ['faith', 'mind', 'people'],
    records: [
      identity('role', 'A good friend', 'صديق وفيّ'),
      identity('value', 'Honesty, first with myself', 'الصدق، مع نفسي أولًا'),
      identity('scripture', 'Be still', 'اهدأ'),
    ],
  },
];

function isText(value: Value): value is Text {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'en' in value && 'ar' in value;
}
function said(value: Value, language: string): Json {
  if (isText(value)) return language === 'ar' ? value.ar : value.en;
  if (!Array.isArray(value)) return value as Json;
  return value.map((item: { readonly [field: string]: Json | Text }) => {
    const parts = Object.entries(item).map(([name, inner]) => [name, said(inner, language)] as const);
    return Object.fromEntries(parts);
  });
}

/** The records of a set in a language, as they are added; `today` stands for the day on which it is. */
export function recordsOf(set: Set, language: string, today: string): readonly { readonly type: string; readonly fields: Fields }[] {
  return set.records.map(({ type, fields }) => ({
    type,
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value === 'today' ? today : said(value, language)])),
  }));
}
export function textOf(text: Text, language: string): string {
  return language === 'ar' ? text.ar : text.en;
}
/** Those that suit what was picked, the closest first; all, if nothing was. */
export function setsFor(picked: readonly string[]): readonly Set[] {
  const fit = (set: Set) => set.domains.filter((domain) => picked.includes(domain)).length;
  return picked.length === 0 ? SETS : SETS.filter((set) => fit(set) > 0).sort((a, b) => fit(b) - fit(a));
}
export function setsWith(type: string): readonly Set[] {
  return SETS.filter((set) => set.records.some((record) => record.type === type));
}
