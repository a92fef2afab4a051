// What is on a screen stays current, and costs no more when much changes at once, as in a first sync.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Stage } from '../lib/stage.mjs';

/** Says `times` that a task changed, as the worker does, and counts how often the first screen is asked for until it is quiet. */
async function asked({ channel, times, quiet }) {
  const line = new BroadcastChannel(channel);
  let [count, last] = [0, performance.now()];
  line.onmessage = ({ data }) => {
    if (data.kind !== 'ask' || data.ask.kind !== 'core' || data.ask.request.today === undefined) return;
    count += 1;
    last = performance.now();
  };
  for (let n = 0; n < times; n += 1) {
    line.postMessage({ kind: 'changed', rows: [{ type: 'task', id: 'one of many', period: null }] });
  }
  while (performance.now() - last < quiet) await new Promise((done) => setTimeout(done, 50));
  line.close();
  return count;
}

test('however many records change at once, the first screen is asked for once more and not once a change', async (it) => {
  const stage = await Stage.for(it);
  const person = await stage.person();
  await person.begin();
  await person.untilSynced();
  const count = await person.tab.evaluate(asked, { channel: 'life-os', times: 100, quiet: 2_000 });
  assert.ok(count >= 1, 'a change is not shown');
  assert.ok(count <= 10, `the first screen was asked for ${count} times after 100 changes`);
});
