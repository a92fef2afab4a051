// Runs the browser stories: `node tests/browser/run.mjs [--only chromium|firefox|webkit] [--grep WORDS] [--jobs N]`.
// Whatever is missing is said before anything runs, and is a failure; nothing is skipped.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { atExit } from './lib/atexit.mjs';
import { findChromium } from './lib/chromium.mjs';
import { findFirefox } from './lib/firefox.mjs';
import { startCluster } from './lib/postgres.mjs';
import { builtApp, program } from './lib/programs.mjs';
import { findWebKit } from './lib/webkit.mjs';

const FIND = { chromium: findChromium, firefox: findFirefox, webkit: findWebKit };
/** Stories wait more than they work. */
const JOBS = 2;
/** The longest ones first, so that nobody waits for them at the end. */
const LONGEST = ['years', 'reminders', 'fortnight', 'access', 'merging', 'offline', 'crash'];

function choices() {
  const { values } = parseArgs({ options: { only: { type: 'string' }, grep: { type: 'string' }, jobs: { type: 'string' } } });
  if (values.only !== undefined && FIND[values.only] === undefined) throw new Error(`--only is one of ${Object.keys(FIND).join(', ')}`);
  const jobs = Number(values.jobs ?? JOBS);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs is a number from 1');
  return { engines: values.only === undefined ? Object.keys(FIND) : [values.only], grep: values.grep, jobs };
}

const story = (path) => basename(path, '.test.mjs');
const engineOf = (path) => (FIND[story(path)] === undefined ? 'chromium' : story(path));
const rank = (path) => (LONGEST.indexOf(story(path)) + LONGEST.length + 1) % (LONGEST.length + 1);

function stories(engines) {
  const folder = join(import.meta.dirname, 'stories');
  const all = readdirSync(folder).filter((name) => name.endsWith('.test.mjs')).map((name) => join(folder, name));
  return all.filter((path) => engines.includes(engineOf(path))).sort((a, b) => rank(a) - rank(b));
}

/** Everything that is missing, a line each. */
function missing(engines) {
  const needs = [...engines.map((engine) => FIND[engine]), builtApp, () => program('lifeos'), () => program('sync-server')];
  return needs.flatMap((need) => {
    try {
      need();
      return [];
    } catch (error) {
      return [error.message];
    }
  });
}

async function main() {
  const { engines, grep, jobs } = choices();
  const lacks = missing(engines);
  if (lacks.length > 0) throw new Error(lacks.join('\n'));
  const cluster = engines.includes('chromium') ? await startCluster() : null;
  atExit(() => cluster?.stop());
  if (cluster !== null) process.env.LIFEOS_STORIES_POSTGRES = cluster.url;

  let passed = 0;
  const patterns = grep === undefined ? {} : { testNamePatterns: [new RegExp(grep)] };
  const events = run({ files: stories(engines), concurrency: jobs, ...patterns });
  events.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1;
  });
  events.on('test:pass', ({ skip, details }) => {
    if (skip === undefined && details.type !== 'suite') passed += 1;
  });
  events.on('end', () => {
    if (passed > 0) return;
    console.error('no story ran');
    process.exitCode = 1;
  });
  events.compose(new spec()).pipe(process.stdout);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
