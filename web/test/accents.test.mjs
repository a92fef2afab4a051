// Every accent can be read: words in it on every sheet, and light words on its fill, in both schemes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { load } from './load.mjs';

const { ACCENTS } = await load('ui/state/accent.ts');
const css = (name) => readFileSync(join(import.meta.dirname, '../src/styles', name), 'utf8');
const pairs = (text) => Object.fromEntries([...text.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name, [light, dark]]));
const usual = pairs(css('tokens.css'));
const blocks = Object.fromEntries([...css('accents.css').matchAll(/:root\[data-accent="(\w+)"\],\s*\[data-hue="\1"\] \{([^}]*)\}/g)].map(([, name, body]) => [name, { ...usual, ...pairs(body) }]));
const accents = { ink: usual, ...blocks };

/** WCAG 2: relative luminance, and the contrast of two colours. */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test('the measure agrees with known pairs', () => {
  assert.equal(contrast('#000000', '#ffffff').toFixed(1), '21.0');
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});

test('the accents that can be chosen are those that have looks, and each keeps its own colour', () => {
  assert.deepEqual(Object.keys(accents).sort(), Object.keys(ACCENTS).sort());
  for (const [name, colour] of Object.entries(ACCENTS)) assert.equal(accents[name].accent[0], colour);
});

for (const [name, tokens] of Object.entries(accents)) {
  test(`${name} measures at least 4.5:1 where words stand and 3:1 where lines do`, () => {
    for (const scheme of [0, 1]) {
      for (const sheet of ['paper', 'leaf', 'sunk', 'wash']) {
        const words = contrast(tokens.accent[scheme], tokens[sheet][scheme]);
        assert.ok(words >= 4.5, `accent on ${sheet}: ${words.toFixed(2)}`);
        const ink = contrast(tokens['ink-2'][scheme], tokens[sheet][scheme]);
        assert.ok(ink >= 4.5, `ink-2 on ${sheet}: ${ink.toFixed(2)}`);
      }
      const fill = contrast(tokens['on-fill'][scheme], tokens.fill[scheme]);
      assert.ok(fill >= 4.5, `words on fill: ${fill.toFixed(2)}`);
      const line = contrast(tokens.chart[scheme], tokens.paper[scheme]);
      assert.ok(line >= 3, `chart on paper: ${line.toFixed(2)}`);
    }
  });
}
