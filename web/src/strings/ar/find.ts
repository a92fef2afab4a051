import type { Strings } from '../en';
import type { Format } from '../format';

export function find(f: Format): Pick<Strings, 'find'> {
  return {
    find: {
      open: 'بحث',
      ask: 'ابحث أو أضف',
      results: 'النتائج',
      groups: { go: 'انتقال إلى', do: 'أفعال', found: 'ما وُجد', also: 'انظر أيضًا', add: 'إضافة' },
      checkIn: (date) => `تسجيل، ${date}`,
      count: (count) =>
        f.plural(count, {
          zero: 'لا نتائج',
          one: 'نتيجة واحدة',
          two: 'نتيجتان',
          few: '# نتائج',
          many: '# نتيجة',
          other: '# نتيجة',
        }),
      first: (count) => `أول ${f.number(count)}`,
      more: 'إظهار المزيد',
      narrow: 'هناك أكثر مما يظهر. كلمة أو حرف آخر يضيّق البحث.',
      nothing: (text) => `لا نتائج للبحث عن «${text}»`,
      searched: 'يشمل البحث أسماء العادات والمهام وملاحظاتها ووسومها وخطواتها وملاحظات التسجيل، على هذا الجهاز. ولا يشمل ما في المهملات.',
      indexing: 'ما زال الفهرس قيد الإعداد: قد ينقص شيء.',
      add: (text) => `إضافة «${text}»`,
      habitTrash: 'مهملات العادات',
      taskTrash: 'مهملات المهام',
      keys: { choose: 'اختيار', open: 'فتح', add: 'إضافة' },
      also: {
        today: 'يوم الرئيسية',
        habits: 'روتين',
        tasks: 'قائمة',
        settings: 'تفضيلات المظهر اللغة داكن فاتح الأسبوع الاسم',
        sync: 'مزامنة اتصال انتظار',
        alarms: 'تنبيه تحذير',
        devices: 'هاتف حاسوب',
        relay: 'خادم عنوان انتقال',
        account: 'جلسات مفاتيح دعوات حذف',
        storage: 'تصدير استيراد نسخة احتياطية ملف',
        phrase: '24 كلمة ورقة نسخة',
        wayIn: 'فتح كلمة سر',
        habitTrash: 'محذوف استعادة',
        taskTrash: 'محذوف استعادة',
        newHabit: 'إضافة إنشاء',
        newTask: 'إضافة إنشاء',
        quick: 'جديد إنشاء',
        addDevice: 'اقتران هاتف حاسوب جديد',
        undo: 'رجوع',
        keys: 'مساعدة',
        lock: 'إغلاق',
      },
    },
  };
}
