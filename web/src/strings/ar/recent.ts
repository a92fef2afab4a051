import type { Strings } from '../en';
import type { Format } from '../format';

export function recent(f: Format): Pick<Strings, 'recent'> {
  return {
    recent: {
      title: 'آخر التغييرات',
      row: 'آخر التغييرات',
      rowNote: 'رؤيتها والرجوع عنها، من أي جهاز',
      lede: 'ما تغيّر مؤخرًا على أي من أجهزتك. الرجوع عن شيء تغييرٌ بذاته، فلا يضيع شيء.',
      empty: 'لم يتغيّر شيء في آخر 90 يومًا.',
      older: 'التغييرات الأقدم في سجل كل عنصر.',
      more: 'عرض المزيد',
      takeBack: 'رجوع عنه',
      takeBackLabel: (name, when) => `رجوع عنه: ${name}، ${when}`,
      back: 'رُجع عنه',
      changed: 'تغيّر ثانيةً بعد ذلك، فيبقى كما هو',
      partly: 'بعضه تغيّر ثانيةً بعد ذلك فيبقى كما هو',
      saidBack: (name) => `${name}: رُجع عن التغيير`,
      saidPartly: (name, left) =>
        `${name}: رُجع عن التغيير، لكن ${f.plural(left, {
          zero: 'لا قيمة تغيّرت بعد ذلك',
          one: 'قيمة واحدة تغيّرت بعد ذلك وتبقى',
          two: 'قيمتين تغيّرتا بعد ذلك وتبقيان',
          few: '# قيم تغيّرت بعد ذلك وتبقى',
          many: '# قيمة تغيّرت بعد ذلك وتبقى',
          other: '# قيمة تغيّرت بعد ذلك وتبقى',
        })}`,
      saidNothing: (name) => `${name}: لم يبق ما يُرجع عنه`,
      andMore: (count) => f.plural(count, { zero: 'ولا غيرها', one: 'وواحد غيرها', two: 'واثنان غيرها', few: 'و# غيرها', many: 'و# غيرها', other: 'و# غيرها' }),
      restored: 'أُخرج من المهملات',
      moved: 'نُقل في القائمة',
      with: (member) => `+ ${member}`,
      without: (member) => `− ${member}`,
      steps: (count) =>
        f.plural(count, {
          zero: 'لا خطوات',
          one: 'أُنجزت خطوة',
          two: 'أُنجزت خطوتان',
          few: 'أُنجزت # خطوات',
          many: 'أُنجزت # خطوة',
          other: 'أُنجزت # خطوة',
        }),
      stepsOff: (count) =>
        f.plural(count, {
          zero: 'لا خطوات',
          one: 'أُلغيت خطوة',
          two: 'أُلغيت خطوتان',
          few: 'أُلغيت # خطوات',
          many: 'أُلغيت # خطوة',
          other: 'أُلغيت # خطوة',
        }),
      kinds: { settings: 'الإعدادات', profile: 'أنت' },
      fields: {
        features: 'المعروض',
        notifications: 'التذكيرات',
        custom_fields: 'حقولك الخاصة',
        custom_names: 'أسماء حقولك',
        theme: 'المظهر',
        accent: 'لون التمييز',
        language: 'اللغة',
        lock_minutes: 'القفل بعد دقائق',
        timezone: 'المنطقة الزمنية',
        locale: 'المنطقة',
        week_start: 'بداية الأسبوع',
        day_start: 'ساعة بداية اليوم',
        units: 'الوحدات',
        birth_date: 'تاريخ الميلاد',
        moved_to: 'نُقل إلى',
        position: 'الموضع',
        group: 'المجموعة',
        current: 'وصل إلى',
        phrase_checked: 'تم التحقق من عبارة الاسترداد',
      },
      states: { done: 'تم', skip: 'تُخطي', slip: 'زلة', finished: 'تم كله', skipped: 'تُخطي' },
    },
  };
}
