// Words that nobody else writes, and the search for them in whatever form bytes are kept.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An unlikely word, of letters alone, so that no escaping changes it. */
export function unlikely() {
  const letters = Array.from(randomBytes(14), (byte) => String.fromCharCode(97 + (byte % 26))).join('');
  return letters[0].toUpperCase() + letters.slice(1);
}

/** What a text looks like on a disk or a wire. */
function formsOfText(text) {
  const utf8 = Buffer.from(text, 'utf8');
  const wide = Buffer.from(text, 'utf16le');
  return [utf8, wide, Buffer.from(encodeURIComponent(text)), Buffer.from(utf8.toString('hex')), ...base64(utf8)];
}

/** Base64 of the same bytes at each of the three places where they may stand in something longer. */
function base64(bytes) {
  return [0, 1, 2].flatMap((lead) => {
    const whole = Buffer.concat([Buffer.alloc(lead), bytes]);
    // Characters that hold bits of what stands before or after are left out.
    const from = Math.ceil((lead * 8) / 6);
    const to = Math.floor((whole.length * 8) / 6);
    const text = whole.toString('base64').slice(from, to);
    return [Buffer.from(text), Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_'))];
  });
}

/** What bytes look like, and as a list of numbers. */
function formsOfBytes(bytes) {
  const hex = bytes.toString('hex');
  return [bytes, Buffer.from(hex), Buffer.from(hex.toUpperCase()), Buffer.from(Array.from(bytes).join(',')), ...base64(bytes)];
}

/** The pieces of a phrase that would give it away: three words in a row, however they are joined. */
function pieces(phrase) {
  const words = phrase.split(' ');
  const threes = words.slice(2).map((_, n) => words.slice(n, n + 3));
  return threes.flatMap((three) => [' ', ',', '","', '\n'].map((between) => three.join(between)));
}

export class Canaries {
  #forms = new Map();
  text(name, text) {
    this.#forms.set(name, formsOfText(text));
    return text;
  }
  /** A new unlikely word, known as `name`. */
  word(name) {
    return this.text(name, unlikely());
  }
  phrase(phrase) {
    this.#forms.set('the phrase', pieces(phrase).flatMap((piece) => [Buffer.from(piece), Buffer.from(piece, 'utf16le')]));
  }
  bytes(name, bytes) {
    this.#forms.set(name, formsOfBytes(bytes));
  }

  /** The names of those that are in `haystack`. */
  in(haystack) {
    return [...this.#forms].filter(([, forms]) => forms.some((form) => haystack.includes(form))).map(([name]) => name);
  }
  /** The same for every file under `folder`: `name of the canary: path`. */
  onDisk(folder) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    if (files.length === 0) throw new Error(`${folder} is empty`);
    return files.flatMap((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return this.in(readFileSync(path)).map((name) => `${name}: ${path.slice(folder.length + 1)}`);
    });
  }
}
