// A private PostgreSQL cluster in a temporary folder on a free port; every story gets a database of its own in it.
// `run.mjs` starts one for all files and says where in LIFEOS_STORIES_POSTGRES.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './atexit.mjs';
import { freePort } from './network.mjs';

const DEBIAN = '/usr/lib/postgresql';

/** Debian keeps the programs of each version in a folder of its own; the newest is taken. */
function tool(name) {
  let versions = [];
  try {
    versions = readdirSync(DEBIAN).filter((version) => /^\d+$/.test(version));
  } catch {
    return name;
  }
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? name : join(DEBIAN, newest, 'bin', name);
}

/** initdb and the server refuse to run as root. */
function command(name, args) {
  if (process.getuid?.() !== 0) return [tool(name), args];
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--', tool(name), ...args]];
}

function must(name, args, folder) {
  // Into a file: the server inherits what its parent writes to, and a pipe would never end.
  const log = join(folder, `${name}.out`);
  const out = openSync(log, 'w');
  const [file, words] = command(name, args);
  const { status, error } = spawnSync(file, words, { cwd: '/', stdio: ['ignore', out, out] });
  closeSync(out);
  if (status === 0) return;
  throw new Error(`${name} failed (${error ?? status}); PostgreSQL must be installed (apt-get install postgresql)\n${readFileSync(log, 'utf8')}`);
}

/** Starts a cluster; `url` and a number make the URL of a database. */
export async function startCluster() {
  const folder = mkdtempSync(join(tmpdir(), 'lifeos-stories-pg-'));
  const data = join(folder, 'data');
  const port = await freePort();
  if (process.getuid?.() === 0) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o755);
  must('initdb', ['--no-sync', '--auth=trust', '--username=postgres', '-D', data], folder);
  must('pg_ctl', ['-w', '-t', '60', '-o', `-p ${port} -h 127.0.0.1 -k ${folder}`, '-D', data, '-l', join(folder, 'log'), 'start'], folder);
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    stop() {
      const [file, args] = command('pg_ctl', ['-m', 'immediate', '-D', data, 'stop']);
      spawnSync(file, args, { cwd: '/', stdio: 'ignore' });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let own = null;

/** The URL of a new, empty database. */
export async function newDatabase() {
  let cluster = process.env.LIFEOS_STORIES_POSTGRES;
  if (cluster === undefined) {
    if (own === null) {
      own = await startCluster();
      atExit(() => own.stop());
    }
    cluster = own.url;
  }
  const name = `story_${process.pid}_${(newDatabase.count = (newDatabase.count ?? 0) + 1)}`;
  const { hostname, port, username } = new URL(cluster);
  execFileSync(tool('createdb'), ['-h', hostname, '-p', port, '-U', username, name], { cwd: '/', stdio: 'ignore' });
  return `${cluster}/${name}`;
}
