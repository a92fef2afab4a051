// What no screen does: asking the core itself, as another tab of the app would, over the channel that tabs share.
const CHANNEL = 'life-os';

function ask({ channel, request }) {
  return new Promise((resolve) => {
    const line = new BroadcastChannel(channel);
    const from = crypto.randomUUID();
    line.onmessage = ({ data }) => {
      if (data.kind !== 'answer' || data.to !== from) return;
      line.close();
      resolve(data.answer);
    };
    line.postMessage({ kind: 'ask', from, id: 1, ask: { kind: 'core', request } });
  });
}

/** What the core answers to `request`, as JSON. */
export async function askCore(tab, request) {
  const answer = await tab.evaluate(ask, { channel: CHANNEL, request });
  if (answer.kind !== 'json') throw new Error(`no answer to ${JSON.stringify(request)}: ${JSON.stringify(answer)}`);
  return JSON.parse(answer.json);
}

/** Checks chains, signatures, documents and rows of the open vault; throws what is wrong. */
export async function verify(tab) {
  const { problems, entries } = await askCore(tab, 'verify');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  if (!(entries > 0)) throw new Error('nothing was verified');
}
