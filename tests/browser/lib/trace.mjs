// What the main thread of a page did, from a trace of Chromium's own: each task of its loop, and what was in the longest ones.
const CATEGORIES = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing'];
const TASKS = new Set(['RunTask', 'ThreadControllerImpl::RunTask']);
const MARK = 'part:';
/** Parts of a task that are told, the longest first. */
const TOLD = 4;

/** `profiled`: with samples of what JavaScript runs, which cost something themselves. */
export const startTrace = (browser, page, profiled = false) =>
  browser.startTracing(page, { categories: profiled ? [...CATEGORIES, 'disabled-by-default-v8.cpu_profiler'] : CATEGORIES });

/** From here on it is the part `name`. */
export const mark = (page, name) => page.evaluate((name) => void performance.mark(name), `${MARK}${name}`);

/** Every page that is loaded from now on begins a part of its own. */
export const markLoads = (page) => page.addInitScript((name) => void performance.mark(name), `${MARK}load`);

/** Main threads of the renderers that show `origin`, as `pid.tid`. */
function mainThreads(events, origin) {
  const frames = events.flatMap(({ name, pid, args }) => {
    if (name === 'TracingStartedInBrowser') return args?.data?.frames ?? [];
    return name === 'FrameCommittedInBrowser' ? [{ processId: pid, ...args?.data }] : [];
  });
  const pids = new Set(frames.filter(({ url }) => url?.startsWith(origin)).map(({ processId }) => processId));
  const named = events.filter(({ name, args, pid }) => name === 'thread_name' && args?.name === 'CrRendererMain' && pids.has(pid));
  return new Set(named.map(({ pid, tid }) => `${pid}.${tid}`));
}

/** What took the time in `task`, in words. */
function inside(task, events) {
  const within = events.filter((event) => event !== task && event.ph === 'X' && event.ts >= task.ts && event.ts + (event.dur ?? 0) <= task.ts + task.dur && !TASKS.has(event.name));
  const told = (event) => {
    const { functionName, url, lineNumber, columnNumber } = event.args?.data ?? {};
    const where = functionName || url ? ` ${functionName ?? ''}@${(url ?? '').split('/').at(-1)}:${lineNumber ?? ''}:${columnNumber ?? ''}` : '';
    return `${event.name}${where} ${(event.dur / 1000).toFixed(0)}`;
  };
  return within.sort((a, b) => b.dur - a.dur).slice(0, TOLD).map(told).join(', ');
}

/** The longest task of each part, in milliseconds: by the clock, with what was in it, and by what the thread itself worked (`own`). */
export function longestTasks(trace, origin) {
  const { traceEvents } = JSON.parse(trace.toString());
  const threads = mainThreads(traceEvents, origin);
  const ours = traceEvents.filter(({ pid, tid }) => threads.has(`${pid}.${tid}`));
  const tasks = ours.filter(({ name, ph }) => ph === 'X' && TASKS.has(name));
  if (tasks.length === 0) throw new Error('the trace holds no task of the page');
  const marks = ours.filter(({ name }) => name.startsWith(MARK)).sort((a, b) => a.ts - b.ts);
  return marks.map(({ name, ts }, at) => {
    const end = marks[at + 1]?.ts ?? Infinity;
    // One that began before is of the part before.
    const of = tasks.filter((task) => task.ts >= ts && task.ts < end);
    const longest = of.reduce((most, task) => (task.dur > most.dur ? task : most), { ts, dur: 0 });
    const own = Math.max(0, ...of.map(({ tdur = 0 }) => tdur));
    return { name: name.slice(MARK.length), ms: longest.dur / 1000, own: own / 1000, what: inside(longest, ours) };
  });
}
