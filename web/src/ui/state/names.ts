// Finding pages and deeds by their names. They are few and in the person's language; records are searched by the core.

import type { Piece } from '../../core/types';

/** What has a name, and other words by which somebody may look for it. */
export interface Named {
  readonly name: string;
  readonly also: string;
}

/** From so many letters on, other words count: fewer begin too many of them. */
const ALSO_FROM = 3;

/** Letters as they are compared: small, and without marks. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

const wordsOf = (text: string): readonly string[] => text.split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== '');

/** In Arabic the article is written together with its word, and left out as often. */
const begins = (word: string, wanted: string): boolean => word.startsWith(wanted) || word.replace(/^ال/, '').startsWith(wanted);

/** `name` in pieces, if each word of `text` begins one of its words or of the others. */
function matched({ name, also }: Named, wanted: readonly string[]): readonly Piece[] | null {
  const own = wordsOf(folded(name));
  const others = wordsOf(folded(also));
  const named = (word: string): boolean =>
    own.some((one) => begins(one, word)) || (word.length >= ALSO_FROM && others.some((one) => begins(one, word)));
  if (!wanted.every(named)) return null;
  return name.split(/([\p{L}\p{N}\p{M}]+)/u).filter((text) => text !== '').map((text) => ({
    text,
    found: wanted.some((word) => begins(folded(text), word)),
  }));
}

export interface NamedBy<T> {
  readonly item: T;
  readonly pieces: readonly Piece[];
  /** Its name begins so; otherwise a later word of it does, or one by which it is known besides. */
  readonly begins: boolean;
}

/** Those that `text` names: first what it begins, then what has such a word, then what is known by another. */
export function namedBy<T extends Named>(all: readonly T[], text: string): readonly NamedBy<T>[] {
  const wanted = wordsOf(folded(text));
  if (wanted.length === 0) return [];
  const rank = ({ pieces }: NamedBy<T>): number => (pieces[0]?.found ? 0 : pieces.some(({ found }) => found) ? 1 : 2);
  return all
    .flatMap((item): readonly NamedBy<T>[] => {
      const pieces = matched(item, wanted);
      return pieces === null ? [] : [{ item, pieces, begins: pieces[0]?.found === true }];
    })
    .sort((a, b) => rank(a) - rank(b));
}
