// The processes of a Chromium, to be killed as a phone kills them: at any moment and without a word.

async function processes(context) {
  const tools = await context.browser().newBrowserCDPSession();
  const { processInfo } = await tools.send('SystemInfo.getProcessInfo');
  return processInfo;
}

/** The process ids of `kind`: `renderer` (the tabs with their workers) or `browser` (all of it). */
export async function pids(context, kind) {
  const found = (await processes(context)).filter(({ type }) => type === kind).map(({ id }) => id);
  if (found.length === 0) throw new Error(`no process of kind ${kind}`);
  return found;
}

export function kill(pids) {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}
