// What the person of `fiveyears.mjs` does, and words to tell of it with.

const daily = { '0001-01-01': 'daily' };
/** `kept`: on so many days of a hundred; of what is to be avoided, slipped. */
export const HABITS = [
  { name: 'Walk before breakfast', schedule: daily, group: 'Morning', kept: 90 },
  { name: 'Read', kind: 'measurable', target: 20, unit: 'min', schedule: daily, group: 'Evening', kept: 85 },
  { name: 'Stretch', schedule: daily, group: 'Morning', kept: 88 },
  { name: 'Lift weights', schedule: { '0001-01-01': 'weekdays mon wed fri' }, kept: 45 },
  { name: 'Swim', schedule: { '0001-01-01': 'week 2' }, kept: 30 },
  { name: 'Pray', schedule: daily, group: 'Morning', kept: 94 },
  { name: 'Drink water', kind: 'measurable', target: 8, unit: 'cups', schedule: daily, kept: 92 },
  { name: 'No sweets', polarity: 'bad', schedule: daily, kept: 12 },
];
export const ROUTINES = [
  { title: 'Waking up', from: '06:00', until: '08:00', steps: ['Open the curtains', 'Glass of water', 'Make the bed', 'Shower'] },
  { title: 'Desk', from: '08:30', until: '09:00', steps: ['Clear the desk', 'Look at the calendar', 'Pick three things'] },
  { title: 'Going to bed', from: '21:00', until: '23:00', steps: ['Phone away', 'Brush teeth', 'Write a line', 'Lights out'] },
];
/** Tasks that come again, with the days from one to the next. */
export const SERIES = [
  ['Take the bins out', 'FREQ=WEEKLY', 7],
  ['Water the ferns', 'FREQ=DAILY;INTERVAL=3', 3],
  ['Change the sheets', 'FREQ=WEEKLY;INTERVAL=2', 14],
  ['Back up the photographs', 'FREQ=WEEKLY;INTERVAL=4', 28],
  ['Descale the kettle', 'FREQ=WEEKLY;INTERVAL=6', 42],
];
export const IDENTITIES = [
  ['value', 'Patience'],
  ['value', 'Honesty'],
  ['value', 'Craft'],
  ['role', 'Neighbour'],
  ['role', 'Parent'],
  ['role', 'Carpenter'],
  ['belief', 'Small steps count'],
  ['belief', 'People mean well'],
  ['scripture', 'Psalm 23'],
  ['scripture', 'Matthew 6'],
];
export const LABELS = ['home', 'work', 'garden', 'family', 'errand', 'money', 'health', 'church', 'study', 'car'];
export const PLACES = ['Harbour café', 'Town hall', 'At home', 'Library', 'St Anne’s', 'Community garden', 'Workshop', 'Station', 'Clinic', 'By the river'];
export const FIRST = [
  'Amara', 'Bashir', 'Camille', 'Dmitri', 'Elif', 'Farid', 'Greta', 'Hana', 'Imre', 'Jonas', 'Keiko', 'Lucia', 'Mateo', 'Noor', 'Oskar',
  'Priya', 'Quentin', 'Rosa', 'Samir', 'Tomas', 'Ulrike', 'Vera', 'Wanjiru', 'Xenia', 'Yusuf', 'Zofia', 'Aino', 'Bruno', 'Chiara', 'Daniel',
  'Esther', 'Finn', 'Gloria', 'Hugo', 'Ines', 'Jakob', 'Karim', 'Leila', 'Marta', 'Nils',
];
export const LAST = ['Ahlgren', 'Barros', 'Castellano', 'Dvorak', 'Eriksen', 'Fontaine', 'Grieg', 'Haddad', 'Ivanova', 'Jensen', 'Kowalski', 'Lindqvist'];
export const VERBS = [
  'Call', 'Mend', 'Plan', 'Finish', 'Clean', 'Book', 'Buy', 'Sort', 'Return', 'Draft', 'Read', 'Visit', 'Renew', 'Practise', 'Measure',
  'Paint', 'Fetch', 'Answer', 'Check', 'Prepare', 'Order', 'Pack', 'Copy', 'Sharpen', 'Replace', 'Photograph', 'Wash', 'Sew', 'Invite',
  'Compare', 'Repot', 'Translate', 'Sweep', 'Collect', 'Label', 'Print', 'Weigh', 'Borrow', 'Tune', 'Bake',
];
export const THINGS = [
  'the garden gate', 'the tax form', 'a letter to Grandmother', 'the bicycle', 'chapter three', 'the roof gutter', 'the dentist', 'the piano',
  'winter tyres', 'the passport', 'the café table', 'library books', 'spare keys', 'the good scissors', 'the cellar shelves', 'a talk on bees',
  'the insurance papers', 'two lamps', 'the attic window', 'a birthday present', 'the school meeting', 'the allotment', 'a bread starter',
  'the boiler', 'the choir notes', 'a quilt', 'the savings plan', 'the neighbours', 'a train to the coast', 'the first aid box',
  'the kitchen drawer', 'the apple harvest', 'a speech', 'the rowing boat', 'the violin strings', 'old photographs', 'the water meter',
  'the Portuguese lesson', 'a recipe for lentils', 'the hallway', 'the compost', 'the chess board', 'the tent', 'the family tree',
  'the sewing machine', 'a map of the marsh', 'the guest room', 'the doorbell', 'the raspberry canes', 'the budget for spring',
];
export const CLAUSES = [
  'It took longer than thought', 'The weather turned', 'Nobody minded', 'Half of it is done', 'Ask Imre first', 'The invoice is in the blue folder',
  'Not before noon', 'It went well', 'Call back on Friday', 'There is time until spring', 'Two screws are missing', 'See the notes of last year',
  'Slept badly and walked it off', 'A long talk by the harbour', 'Rain all morning', 'Soup again, and better for it', 'The children laughed',
  'Missed the bus and found an otter', 'Tired, but glad', 'A quiet evening', 'The meeting ran over', 'Someone left flowers', 'Frost on the window',
  'The heron was back', 'Good news from the clinic', 'Lost the thread twice', 'Wrote four pages', 'Too much coffee', 'The sea was flat',
  'Forgot the umbrella', 'Grateful for small repairs', 'An argument, then peace', 'Music until late', 'The first swallows', 'Paid what was owed',
  'A stranger helped with the tyre', 'Nothing went to plan', 'Everything went to plan', 'Bread came out flat', 'Snow by nightfall',
];
