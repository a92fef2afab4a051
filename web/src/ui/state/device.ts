// A first name for this device, which the person may change.

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
