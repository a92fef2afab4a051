// WebKit, the nearest to an iPhone's engine that Linux has: MiniBrowser of WebKitGTK on a screen that nobody sees.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { atExit } from './atexit.mjs';
import { freePort } from './network.mjs';
import { PlainTab } from './plaintab.mjs';
import { load } from './programs.mjs';
import { until } from './wait.mjs';

const DRIVER = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const SCREEN = process.env.XVFB ?? '/usr/bin/Xvfb';
const LIBRARIES = '/usr/lib';

/** MiniBrowser lies beside the library of its version. */
function miniBrowser() {
  if (process.env.MINIBROWSER) return process.env.MINIBROWSER;
  const machines = existsSync(LIBRARIES) ? readdirSync(LIBRARIES) : [];
  const found = machines.map((machine) => join(LIBRARIES, machine, 'webkit2gtk-4.1/MiniBrowser')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('MiniBrowser is missing: apt-get install libwebkit2gtk-4.1-0, or say where it is in MINIBROWSER');
  return found;
}

function there(path, how) {
  if (!existsSync(path)) throw new Error(`${path} is missing: ${how}`);
  return path;
}

/** Throws what is missing. */
export function findWebKit() {
  there(DRIVER, 'apt-get install webkit2gtk-driver');
  there(SCREEN, 'apt-get install xvfb');
  return miniBrowser();
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** A screen of its own; the server picks the number. */
async function startScreen() {
  const words = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const child = spawn(SCREEN, words, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  atExit(() => child.kill());
  const [number] = await once(child.stdio[3], 'data');
  return { child, display: `:${String(number).trim()}` };
}

/** A WebKit with one tab; `home` is an empty folder. Call `end` when done. */
export async function launchWebKit(home) {
  const binary = findWebKit();
  const screen = await startScreen();
  const port = await freePort();
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, DISPLAY: screen.display, LANG: 'C.UTF-8' };
  // Its sandbox does not run as root, and there is no graphics card.
  Object.assign(env, { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' });
  const service = spawn(DRIVER, ['-p', String(port)], { env, stdio: 'ignore' });
  atExit(() => service.kill());
  const stop = async () => {
    await end(service);
    await end(screen.child);
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await until('the WebKit driver listens', () => fetch(`${url}/status`).then((answer) => answer.ok, () => false));
    const { Builder } = load('selenium-webdriver');
    const options = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
    const driver = await new Builder().disableEnvironmentOverrides().usingServer(url).withCapabilities(options).build();
    await driver.manage().window().setRect({ width: 430, height: 932 });
    return {
      tab: new WebKitTab(driver),
      end: async () => {
        await driver.quit().catch(() => undefined);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

class WebKitTab extends PlainTab {
  faults = [];
  constructor(driver) {
    super();
    this.driver = driver;
  }
  async open(url) {
    await this.driver.get(url);
  }
  async reload() {
    await this.driver.navigate().refresh();
  }
  evaluate(what, argument) {
    return this.driver.executeScript(`return (${what})(arguments[0])`, argument);
  }
  element(what, argument) {
    return this.evaluate(what, argument);
  }
  async click(element, byLabel) {
    const met = byLabel ? await this.evaluate('(input) => input.labels[0]', element) : element;
    await met.click();
  }
  async write(element, text) {
    await element.clear();
    await element.sendKeys(text);
  }
}
