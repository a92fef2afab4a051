// Where everything stands that a story runs: our programs, the built app, and the packages of web/. What is missing
// is said at once with what makes it; nothing is skipped.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const root = resolve(import.meta.dirname, '../../..');
/** Its words, packages and build; another checkout's in LIFEOS_WEB. */
export const web = process.env.LIFEOS_WEB ?? join(root, 'web');
export const load = createRequire(join(web, 'package.json'));

const bin = process.env.LIFEOS_BIN ?? join(root, 'target/debug');
const dist = join(web, 'dist');

function there(path, how) {
  if (!existsSync(path)) throw new Error(`${path} is missing: ${how}`);
  return path;
}

/** The program `name`, as in `lifeos`. */
export const program = (name) => there(join(bin, name), 'cargo build -p lifeos -p sync-server');

/** The folder of the built app. */
export function builtApp() {
  there(join(dist, 'index.html'), './dev web');
  return dist;
}

/** Runs a program to its end, outside of this thread: the network of the test lives here. */
export async function run(file, args, options = {}) {
  try {
    const { stdout } = await promisify(execFile)(file, args, { maxBuffer: 64 * 1024 * 1024, ...options });
    return stdout;
  } catch (error) {
    throw new Error(`${file} ${args.join(' ')}: ${error.stderr || error.message}`, { cause: error });
  }
}
