// The accent: one of a few whose contrast was measured in both schemes (`styles/accents.css`). The core keeps a colour; one that
// is none of these, from a later version, shows as the usual ink.

import { local } from './local';
import { tintBar } from './theme';

export const ACCENTS = {
  ink: '#17495a',
  moss: '#3d5a2b',
  plum: '#713559',
  rust: '#85402a',
  indigo: '#443c8c',
  stone: '#4a463e',
} as const;
export type Accent = keyof typeof ACCENTS;
export const ACCENT_NAMES = Object.keys(ACCENTS) as readonly Accent[];

export function asAccent(value: unknown): Accent {
  return ACCENT_NAMES.find((name) => ACCENTS[name] === value || name === value) ?? 'ink';
}

/** The one whose colour this is; null for any other. */
export function hueOf(value: unknown): Accent | null {
  return ACCENT_NAMES.find((name) => ACCENTS[name] === value) ?? null;
}

export function applyAccent(accent: Accent): void {
  const root = document.documentElement;
  if (accent === 'ink') delete root.dataset['accent'];
  else root.dataset['accent'] = accent;
  local.set('accent', accent);
  tintBar();
}
