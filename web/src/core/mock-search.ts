// A search through the sample data: by beginnings of words alone. The core's forgives slips and knows all scripts.
import type { Found, Match, Piece, RecordView, SearchOptions } from './types';

const FACTS = new Set(['status', 'due', 'due_time', 'completed_on', 'polarity', 'kind']);

function pieces(text: string, words: readonly string[]): readonly Piece[] {
  const isFound = (part: string): boolean => words.some((word) => part.toLowerCase().startsWith(word));
  return text.split(/(?<=\s)|(?=\s)/).map((part) => ({ text: part, found: isFound(part) }));
}

function matchOf(row: RecordView, words: readonly string[]): Match | null {
  for (const field of ['name', 'title', 'description']) {
    const text = row.fields[field];
    if (typeof text !== 'string') continue;
    const snippet = pieces(text, words);
    const all = words.every((word) => snippet.some((piece) => piece.text.toLowerCase().startsWith(word)));
    if (!all) continue;
    const { type, id, deleted } = row;
    const title = String(row.fields['name'] ?? row.fields['title'] ?? '');
    const facts = Object.fromEntries(Object.entries(row.fields).filter(([name]) => FACTS.has(name)));
    return { type, id, deleted, title, field, titled: field !== 'description', snippet, facts };
  }
  return null;
}

export function searched(rows: readonly RecordView[], text: string, { records, limit }: SearchOptions): Found {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const among = rows.filter((row) => !row.deleted && (records === undefined || records.includes(row.type)));
  const all = words.length === 0 ? [] : among.map((row) => matchOf(row, words)).filter((match) => match !== null);
  return { matches: all.slice(0, limit), more: all.length > limit, ready: true };
}
