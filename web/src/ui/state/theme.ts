// Light, dark or as the system: one attribute on the root, and the colour of the browser's own bar.

import { local } from './local';

export type Theme = 'system' | 'light' | 'dark';

export function asTheme(value: unknown): Theme {
  return value === 'light' || value === 'dark' ? value : 'system';
}

export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  local.set('theme', theme);
  tintBar();
}

/** The browser's bar takes the colour of the sheet below it: paper, or the closed cover. */
export function tintBar(): void {
  const sheet = document.querySelector('.cover') ?? document.body;
  const colour = getComputedStyle(sheet).backgroundColor;
  const solid = colour === 'rgba(0, 0, 0, 0)' ? getComputedStyle(document.documentElement).backgroundColor : colour;
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.remove();
  const meta = document.createElement('meta');
  meta.name = 'theme-color';
  meta.content = solid;
  document.head.append(meta);
}

export function startTheme(): void {
  applyTheme(asTheme(local.get('theme')));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tintBar);
}
