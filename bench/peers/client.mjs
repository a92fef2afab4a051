// One measurement of a peer, in a process of its own: `node client.mjs TASK PEER WORDS…`. The last line is the answer, JSON.
import { peerOf } from './lib/all.mjs';

const [task, name, ...words] = process.argv.slice(2);
const run = (await peerOf(name))[task];
if (run === undefined) throw new Error(`${name} does not do ${task}`);
const answer = JSON.stringify(await run(...words));
// Sockets are open still; a pipe takes a long answer in parts.
process.stdout.write(`${answer}\n`, () => process.exit(0));
