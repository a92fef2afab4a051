// What is proposed for this device, which the person may change: its name, its relay.

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac/, 'Mac'],
  [/Linux/, 'Linux'],
];

export function deviceName(): string {
  return KINDS.find(([pattern]) => pattern.test(navigator.userAgent))?.[1] ?? 'Browser';
}

/** The relay that served this page, below whatever path it stands. */
export function ownRelay(): string {
  return new URL('.', location.href).href.replace(/\/$/, '');
}
