// What the closed app must know before it is unlocked: how it looks and which language it speaks; and when the inbox was last
// looked at here. Never content. A browser that refuses local storage loses these and nothing else.

type Key = 'theme' | 'language' | 'accent' | 'seen';

const PREFIX = 'lifeos.';

export const local = {
  get(key: Key): string | null {
    try {
      return localStorage.getItem(PREFIX + key);
    } catch {
      return null;
    }
  },
  set(key: Key, value: string): void {
    try {
      localStorage.setItem(PREFIX + key, value);
    } catch {
      // The choice holds until the page is closed.
    }
  },
  forget(): void {
    try {
      localStorage.removeItem(`${PREFIX}theme`);
      localStorage.removeItem(`${PREFIX}language`);
      localStorage.removeItem(`${PREFIX}accent`);
      localStorage.removeItem(`${PREFIX}seen`);
    } catch {
      // Nothing was kept, then.
    }
  },
};
