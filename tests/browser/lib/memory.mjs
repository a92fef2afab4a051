// What the page of a browser with one tab takes: its renderer as the kernel counts it (PSS: pages shared by several processes are
// divided among them), and where it went. A worker lives in the renderer of its page.
import { readFileSync } from 'node:fs';
import { pids } from './processes.mjs';
import { until } from './wait.mjs';

/** No second renderer stands by for a tab that may be opened, so that all there are belong to this one. */
export const SWITCHES = ['--disable-features=SpareRendererForSitePerProcess,AndroidSpareRendererKillWhenBackgrounded'];
const LOOK_MS = 500;
const REST_MS = 10_000;
/** Of one processor, over so many milliseconds: what does less has nothing more to do. */
const AT_REST = { share: 0.05, over: 2_000 };
/** A tick of `/proc`, in milliseconds. */
const TICK_MS = 10;
const KIB = 1024;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Renderers of pages; not those in which the browser draws itself. */
async function ofPages(context) {
  const own = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--top-chrome-webui');
  return (await pids(context, 'renderer')).filter((pid) => !own(pid));
}

/** PSS of a process in bytes. */
function pss(pid) {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/smaps_rollup names no Pss`);
  return Number(line[1]) * KIB;
}

/** Milliseconds of processor time that it used. */
function worked(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export class Renderer {
  #context;
  constructor(context) {
    this.#context = context;
  }

  /** The tab's; a page that was left may take a moment to go. */
  async pid() {
    return until('the tab has one renderer', async () => {
      const found = await ofPages(this.#context);
      return found.length === 1 ? found[0] : null;
    });
  }

  /** Until it has nothing more to do. */
  async rest(within) {
    await until('the renderer is at rest', async () => {
      const pid = await this.pid();
      const before = worked(pid);
      await sleep(AT_REST.over);
      return worked(pid) - before < AT_REST.share * AT_REST.over;
    }, within);
  }

  /** The most it takes over ten seconds, in bytes. */
  async most() {
    const pid = await this.pid();
    let most = 0;
    for (let waited = 0; waited < REST_MS; waited += LOOK_MS) {
      most = Math.max(most, pss(pid));
      await sleep(LOOK_MS);
    }
    return most;
  }

  /** Looks every `ms` while `work` goes on; the most, in bytes, and what `work` answers. */
  async during(ms, work) {
    let most = 0;
    const look = async () => {
      // The page may be between two renderers, and the old one gone while it is looked at.
      try {
        for (const pid of await ofPages(this.#context)) most = Math.max(most, pss(pid));
      } catch (gone) {
        if (gone.code !== 'ENOENT' && gone.code !== 'ESRCH') throw gone;
      }
    };
    let over = false;
    const looking = (async () => {
      while (!over) {
        await look();
        await sleep(ms);
      }
    })();
    try {
      const answer = await work();
      return { most, answer };
    } finally {
      over = true;
      await looking;
    }
  }
}

/** The JavaScript of a page and of its workers, through the browser's own tools. */
export class Isolates {
  #tools;
  #workers = new Set();
  #waiting = new Map();
  #last = 0;

  static async of(page) {
    const isolates = new Isolates();
    isolates.#tools = await page.context().newCDPSession(page);
    await isolates.#watch();
    return isolates;
  }

  async #watch() {
    const tools = this.#tools;
    tools.on('Target.attachedToTarget', ({ sessionId }) => this.#workers.add(sessionId));
    tools.on('Target.detachedFromTarget', ({ sessionId }) => this.#workers.delete(sessionId));
    tools.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result, error } = JSON.parse(message);
      const waits = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waits?.done(result);
      else waits?.fail(new Error(error.message));
    });
    await tools.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  }

  #ask(sessionId, method, params = {}) {
    const id = (this.#last += 1);
    return new Promise((done, fail) => {
      this.#waiting.set(id, { done, fail });
      this.#tools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) }).catch(fail);
    });
  }

  /** Has page and workers give up what nobody holds any more. */
  async collect() {
    await this.#tools.send('HeapProfiler.collectGarbage');
    for (const worker of this.#workers) await this.#ask(worker, 'HeapProfiler.collectGarbage');
  }

  /** Bytes of the page's and the workers' JavaScript heaps, and of the memory of their WASM, which never shrinks. */
  async sizes() {
    const { usedSize: page } = await this.#tools.send('Runtime.getHeapUsage');
    let [workers, wasm] = [0, 0];
    for (const worker of this.#workers) {
      workers += (await this.#ask(worker, 'Runtime.getHeapUsage')).usedSize;
      wasm += await this.#linear(worker);
    }
    return { page, workers, wasm };
  }

  async #linear(worker) {
    const { result } = await this.#ask(worker, 'Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype' });
    const { objects } = await this.#ask(worker, 'Runtime.queryObjects', { prototypeObjectId: result.objectId });
    const functionDeclaration = 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }';
    const asked = { objectId: objects.objectId, functionDeclaration, returnByValue: true };
    const sum = await this.#ask(worker, 'Runtime.callFunctionOn', asked);
    await this.#ask(worker, 'Runtime.releaseObject', { objectId: objects.objectId });
    return sum.result.value;
  }
}
