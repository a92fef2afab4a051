// Whether a screen can be used by somebody who does not see it well, or has a narrow phone.
import { readFileSync } from 'node:fs';
import { load } from './programs.mjs';

const AXE = readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8');
const GRAVE = new Set(['serious', 'critical']);
const NARROW = { width: 320, height: 640 };

/** What axe finds serious or critical, a line each. */
export async function barriers(tab) {
  if (!(await tab.evaluate(() => 'axe' in globalThis))) await tab.evaluate(AXE);
  const found = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations
    .filter(({ impact }) => GRAVE.has(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary.replace(/\s+/g, ' ')}`));
}

/** What sticks out sideways at 320 pixels, a line each. */
export async function overflow(tab) {
  const before = tab.page.viewportSize();
  await tab.page.setViewportSize(NARROW);
  const found = await tab.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const out = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return right > clientWidth + 1 || left < -1;
    });
    return [`${scrollWidth} px wide`, ...out.slice(0, 5).map((element) => element.outerHTML.slice(0, 80))];
  });
  await tab.page.setViewportSize(before);
  return found;
}
