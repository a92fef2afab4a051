// What any record is called on a page. A journal entry has no name: it is the day.

import type { RecordView } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { nameOf } from './records';

const CIVIL = /^\d{4}-\d{2}-\d{2}$/;

export function titleOf(record: RecordView, t: Strings, f: Format): string {
  const name = nameOf(record);
  if (name !== '') return name;
  const date = record.fields['date'];
  return typeof date === 'string' && CIVIL.test(date) ? f.longDay(date) : t.life.general.noTitle;
}
