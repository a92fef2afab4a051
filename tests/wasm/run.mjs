// Runs a test binary that was compiled to WASM, as `cargo test --target wasm32-wasip1` wants it: the program, then its
// arguments. It sees this repository, where the vectors are, and nothing else.
import { readFile } from 'node:fs/promises';
import { argv, env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';

const [program, ...args] = argv.slice(2);
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const wasi = new WASI({
  version: 'preview1',
  args: [program, ...args],
  env: { LIFEOS_WRITE_VECTORS: env.LIFEOS_WRITE_VECTORS ?? '' },
  preopens: { [root]: root },
  returnOnExit: true,
});
const { instance } = await WebAssembly.instantiate(await readFile(program), wasi.getImportObject());
exit(wasi.start(instance));
