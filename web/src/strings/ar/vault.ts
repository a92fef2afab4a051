import type { Strings } from '../en';
import type { Format, Forms } from '../format';

const CHANGES: Forms = {
  zero: 'لا تغييرات',
  one: 'تغيير واحد',
  two: 'تغييران',
  few: '# تغييرات',
  many: '# تغييرًا',
  other: '# تغيير',
};

type Vault = Pick<Strings, 'sync' | 'settings' | 'devices' | 'relay' | 'storage' | 'forget'>;

export function vault(f: Format): Vault {
  const n = (value: number) => f.number(value);
  const changes = (count: number) => f.plural(count, CHANGES);
  return {
    sync: {
      saved: (waiting) => (waiting > 0 ? `محفوظ، ${n(waiting)} في الطريق` : 'محفوظ'),
      synced: 'متزامن',
      offline: (waiting) => (waiting > 0 ? `بلا اتصال، ${n(waiting)} بالانتظار` : 'بلا اتصال'),
      problem: 'لا تزامن',
      title: 'لماذا لم يتزامن هذا؟',
      titleSynced: 'كل شيء متزامن',
      back: 'الإعدادات',
      all: 'أكّد المرحِّل كل تغيير من هذا الجهاز.',
      onTheWay: (waiting) => `محفوظ هنا وفي الطريق إلى المرحِّل: ${changes(waiting)}.`,
      away: (waiting) =>
        waiting > 0
          ? `لا يمكن بلوغ المرحِّل. سليم هنا ويُرسل وحده: ${changes(waiting)}.`
          : 'لا يمكن بلوغ المرحِّل. لا شيء ينتظر؛ تابع كالمعتاد.',
      stopped: (waiting) => (waiting > 0 ? `توقف الإرسال. يبقى هنا سليمًا: ${changes(waiting)}.` : 'توقف الإرسال.'),
      here: 'محفوظ على هذا الجهاز',
      hereNote: (waiting) => (waiting > 0 ? `لم يؤكَّد في مكان آخر: ${changes(waiting)}` : 'كله'),
      sealed: 'مختوم',
      sealedNote: 'المفتاح عند أجهزتك وحدها',
      connected: 'متصل بالمرحِّل',
      connectedSince: (time) => `منذ ${time}`,
      connecting: 'يحاول الآن',
      nextTry: (time) => `المحاولة التالية ${time}`,
      sent: 'أكّده المرحِّل',
      sentAll: (time) => (time === null ? 'لا شيء ينتظر' : `لا شيء ينتظر، آخرها ${time}`),
      sentWaits: (waiting) => `بالانتظار: ${changes(waiting)}`,
      others: 'تقرؤه أجهزتك الأخرى',
      othersNote: 'حين تُفتح',
      othersWait: (waiting) => `من أجهزة أخرى تنتظر ما لم يصل: ${changes(waiting)}`,
      tryNow: 'حاول الآن',
      tried: 'سُئل المرحِّل من جديد',
      copy: 'نسخ التشخيص بلا محتوى',
      copied: 'نُسخ',
      relay: 'المرحِّل',
      last: 'آخر تأكيد',
      never: 'ليس منذ الفتح',
      notes: 'ما حدث',
      noteKinds: {
        relay_healed: 'فقد المرحِّل شيئًا فأعاده هذا الجهاز',
        store_cloned: 'هذا المخزن موجود مرتين. يُنصح بمفتاح جديد',
        entry_forked: 'مدخلان مختلفان برقم واحد',
        membership_forked: 'قائمتان للأجهزة تتعارضان',
        entry_refused: 'رُفض مدخل',
        refused: 'رفض المرحِّل شيئًا',
        trouble: 'تعثّر الاتصال',
        relay_was_empty: 'كان المرحِّل فارغًا فمُلئ من جديد',
        not_saved: 'لم يُحفظ تغيير',
      },
    },
    settings: {
      title: 'الإعدادات',
      security: 'القفل',
      lockNow: 'اقفل الآن',
      lockAfter: 'اقفل عند الخمول',
      lockMinutes: (minutes) =>
        minutes === 0
          ? 'عند الإخفاء'
          : minutes % 60 === 0
            ? f.plural(minutes / 60, { one: 'ساعة', two: 'ساعتان', few: '# ساعات', many: '# ساعة', other: '# ساعة' })
            : f.plural(minutes, { one: 'دقيقة', two: 'دقيقتان', few: '# دقائق', many: '# دقيقة', other: '# دقيقة' }),
      wayIn: 'مفتاح مرور أو عبارة سر',
      wayInNote: 'اختر غيره لهذا الجهاز',
      deviceCount: (count) =>
        f.plural(count, { one: 'جهاز واحد', two: 'جهازان', few: '# أجهزة', many: '# جهازًا', other: '# جهاز' }),
      storageNote: (used, kept) => (kept ? `${used}، ويبقيها المتصفح` : `${used}، بلا وعد بالبقاء`),
      look: 'التفضيلات',
      theme: 'السمة',
      themes: { system: 'كالنظام', light: 'فاتح', dark: 'داكن' },
      language: 'اللغة',
      sync: 'التزامن',
      devices: 'الأجهزة',
      relay: 'المرحِّل',
      storage: 'التخزين',
      phrase: 'عبارة الاسترداد',
      shortcuts: 'اختصارات لوحة المفاتيح',
      forget: 'انسَ هذا الجهاز',
      forgetNote: 'يمحو النسخة على هذا الجهاز ولا شيء غيرها',
      saved: 'حُفظ الإعداد',
      week: 'يبدأ الأسبوع يوم',
      name: 'اسمك',
      noName: 'بلا اسم بعد',
    },
    devices: {
      title: 'الأجهزة',
      lede: 'كل ما في هذه القائمة يفتح الخزنة.',
      all: 'في هذه الخزنة',
      another: 'جهاز آخر',
      here: 'هذا الجهاز',
      roles: { device: 'جهاز', paper: 'عبارة الاسترداد', guest: 'ضيف' },
      paperNote: 'جهاز من ورق: 24 كلمة',
      entries: (count) =>
        f.plural(count, { one: 'تغيير واحد', two: 'تغييران', few: '# تغييرات', many: '# تغييرًا', other: '# تغيير' }),
      inactive: 'أُزيل',
      add: 'أضف جهازًا',
      addNote: 'افتح التطبيق على الجهاز الآخر، واختر «عندي عبارة استرداد»، واكتب الكلمات الأربع والعشرين هناك.',
      name: 'اسم هذا الجهاز',
      id: 'المفتاح',
    },
    relay: {
      title: 'المرحِّل',
      address: 'العنوان',
      note: 'يحمل بايتات مختومة ولا يقرأ منها شيئًا. يجب أن تستعمل أجهزتك كلها المرحِّل نفسه.',
      saved: 'حُفظ المرحِّل',
      since: 'من هذا الجهاز',
      account: 'الحساب',
      sent: 'أُرسل',
      received: 'استُلم',
    },
    storage: {
      title: 'التخزين',
      used: 'المستعمل هنا',
      of: (quota) => `من ${quota}`,
      copies: 'نسخة من كل شيء',
      keptYes: 'وعد المتصفح بالإبقاء على هذه النسخة.',
      keptNo: 'قد يزيل المتصفح هذه النسخة إذا ضاقت المساحة. ما تزامن يبقى سليمًا.',
      persist: 'اطلب الإبقاء عليها',
      persisted: 'سيبقيها المتصفح',
      notPersisted: 'لم يعد المتصفح بذلك. تثبيت التطبيق يساعد.',
      export: 'صدّر كل شيء',
      exportNote: 'ملف JSON واحد، يقرؤه كل من يملكه',
      exported: 'الملف جاهز',
      import: 'استورد ملفًا',
      importNote: 'ما هنا يبقى، ويُدمج الملف فيه',
      imported: (count) =>
        f.plural(count, { one: 'تغيّر سجل', two: 'تغيّر سجلان', few: 'تغيّرت # سجلات', many: 'تغيّر # سجلًا', other: 'تغيّر # سجل' }),
      importSame: 'كل ما في الملف كان هنا',
    },
    forget: {
      title: 'أتنسى هذا الجهاز؟',
      lede: 'تُمحى النسخة على هذا الجهاز. تبقى نسخ أجهزتك الأخرى والمرحِّل.',
      waiting: (waiting) => `لا يوجد إلا هنا وسيضيع: ${changes(waiting)}. زامن أولًا.`,
      noPhrase: 'لم تُختبر عبارة الاسترداد. بغيرها وبغير جهاز آخر لا طريق للعودة.',
      confirm: 'امحُ النسخة هنا',
      keep: 'أبقِها',
    },
  };
}
