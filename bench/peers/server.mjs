// A peer's server: `node server.mjs PEER FOLDER`. It says its port on a line of its own, and serves until it is killed.
import { peerOf } from './lib/all.mjs';

const [name, folder] = process.argv.slice(2);
const port = await (await peerOf(name)).serve(folder);
console.log(String(port));
