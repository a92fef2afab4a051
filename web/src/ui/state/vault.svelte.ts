// Settings of the person that the whole app heeds: theme, language, week, whether the phrase was checked. They are
// records, so they follow to every device; theme and language are mirrored for the closed app.

import type { Json, RecordView } from '../../core/types';
import { app } from './app.svelte';
import { i18n } from './i18n.svelte';
import { local } from './local';
import { applyTheme, asTheme } from './theme';
import { turns } from './turns';
import { applyAccent, asAccent } from './accent';

const PHRASE_CHECKED = 'phrase_checked';

function switches(record: RecordView | null): Readonly<Record<string, Json>> {
  const value = record?.fields['features'];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};
}

class Vault {
  settings = $state.raw<RecordView | null>(null);
  profile = $state.raw<RecordView | null>(null);
  /** Read at least once since unlocking. */
  known = $state(false);
  /** This device can still show the words. Only the page that shows them asks for them. */
  wordsHere = $state(false);
  /** The words were typed here: whoever types them has them. To be noted once everything has come. */
  #typed = false;
  readonly #inTurn = turns();
  /** Other devices that can open the vault. */
  others = $state(0);

  /** Whether somebody has shown that the phrase is on paper. */
  get phraseChecked(): boolean {
    return switches(this.settings)[PHRASE_CHECKED] === true;
  }
  /** Whether there is but one way in: the phrase on paper is one, and so is every device. */
  get oneWay(): boolean {
    return this.known && !this.phraseChecked && this.others === 0;
  }
  /** 0 is Monday. */
  get weekStart(): number {
    return { monday: 0, saturday: 5, sunday: 6 }[String(this.profile?.fields['week_start'])] ?? 0;
  }
  /** Whether the person wants to see records of a type; all of them, unless they said no. */
  shows(type: string): boolean {
    return switches(this.settings)[type] !== false;
  }
  get name(): string {
    const name = this.profile?.fields['name'];
    return typeof name === 'string' ? name : '';
  }

  async read(): Promise<void> {
    try {
      const { client } = app;
      const [settings, profile, members] = await Promise.all([client.single('settings'), client.single('profile'), client.devices()]);
      this.settings = settings;
      this.profile = profile;
      this.others = members.filter(({ role, active, here }) => role === 'device' && active && !here).length;
      this.known = true;
      // Another tab holds the vault: it alone is given the words.
      this.wordsHere = (await app.client.phrase().catch(() => null)) !== null;
      // Checked on another device: there is no reason left to keep them on this one.
      if (this.wordsHere && this.phraseChecked) await app.client.phraseChecked();
    } catch {
      // Locked in between, or not readable now: the next change asks again.
      return;
    }
    const fields = this.settings?.fields;
    if (fields?.['theme'] !== undefined) applyTheme(asTheme(fields['theme']));
    if (fields?.['accent'] !== undefined) applyAccent(asAccent(fields['accent']));
    const language = fields?.['language'];
    if (typeof language === 'string' && language !== i18n.language) {
      local.set('language', language);
      await i18n.choose(language);
    }
  }

  async feature(name: string, on: boolean): Promise<void> {
    await this.features({ [name]: on });
  }
  async features(change: Readonly<Record<string, boolean>>): Promise<void> {
    await this.#inTurn(async () => {
      await app.client.add('settings', { features: { ...switches(this.settings), ...change } });
      await this.read();
    });
  }
  async phraseIsChecked(): Promise<void> {
    // First the note that follows to every device, then the words: in between, a page too many is shown, not one too few.
    await this.feature(PHRASE_CHECKED, true);
    await app.client.phraseChecked();
    this.wordsHere = false;
  }
  wordsWereTyped(): void {
    this.#typed = true;
  }
  /** Everything that the relay has is here. */
  async arrived(): Promise<void> {
    if (!this.#typed) return;
    this.#typed = false;
    await this.read();
    // Noted on another device already, it is not written a second time.
    if (!this.phraseChecked) await app.run(() => this.phraseIsChecked());
  }
  forget(): void {
    this.#typed = false;
    this.settings = null;
    this.profile = null;
    this.known = false;
    this.wordsHere = false;
    this.others = 0;
  }
}

export const vault = new Vault();
