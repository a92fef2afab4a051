// The language on the screen. English is in the first download; another catalogue arrives when it is chosen.

import { en, type Strings } from '../../strings/en';
import { format, type Format } from '../../strings/format';
import { local } from './local';

type Catalogue = (f: Format) => Strings;

const CATALOGUES: Readonly<Record<string, { readonly own: string; readonly load: () => Promise<Catalogue> }>> = {
  en: { own: 'English', load: async () => en },
  ar: { own: 'العربية', load: async () => (await import('../../strings/ar')).ar },
};

/** Languages by code, in their own words. */
export const languages: readonly (readonly [string, string])[] = Object.entries(CATALOGUES).map(
  ([code, { own }]) => [code, own],
);

/** The person's own region of a language, if their browser names one: en-GB writes dates unlike en-US. */
function region(language: string): string {
  const own = navigator.languages.find((tag) => tag.split('-')[0] === language);
  if (language === 'ar') return `${own ?? 'ar'}-u-nu-latn`;
  return own ?? language;
}

class I18n {
  language = $state('en');
  f = $state.raw(format(region('en')));
  t = $state.raw<Strings>(en(format(region('en'))));

  async choose(language: string): Promise<void> {
    const known = CATALOGUES[language] ?? CATALOGUES['en'];
    if (!known) return;
    const made = await known.load();
    const code = language in CATALOGUES ? language : 'en';
    this.f = format(region(code));
    this.t = made(this.f);
    this.language = code;
    document.documentElement.lang = code;
    document.documentElement.dir = this.f.dir;
  }

  async start(): Promise<void> {
    const kept = local.get('language');
    const wanted = kept ?? navigator.languages.map((tag) => tag.split('-')[0] ?? '').find((l) => l in CATALOGUES);
    await this.choose(wanted ?? 'en');
  }
}

export const i18n = new I18n();
