// How a story points at things on a screen: by role and by the name that a person sees or hears.

/** A name that begins so; rows often go on with a note. */
export const begins = (text) => ({ begins: text });

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** As Playwright takes it. */
export function pattern(name) {
  if (typeof name === 'string') return name;
  return name instanceof RegExp ? name : new RegExp(`^\\s*${escape(name.begins)}`);
}

export const spoken = (name) => (typeof name === 'string' ? name : name instanceof RegExp ? String(name) : `${name.begins}…`);
