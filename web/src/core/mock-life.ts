// The sample core's part of types, charts, the past, files and reminders.
import type { CivilDate, FileFormat, HabitChart, Notice, RecordView, TypeInfo } from './types';

export abstract class MockLife {
  abstract get(id: string): Promise<RecordView | null>;
  abstract exportAll(): Promise<Blob>;

  async types(): Promise<readonly TypeInfo[]> {
    return [];
  }
  async chart(_habit: string, _from: CivilDate, _to: CivilDate): Promise<HabitChart> {
    return { streak: { now: 0, best: 0, freezes: 0, unit: 'days' }, strength: [], weekdays: [] };
  }
  asOf(id: string, _date: CivilDate): Promise<RecordView | null> {
    return this.get(id);
  }
  async notices(): Promise<readonly Notice[]> {
    return [];
  }
  exportFile(_format: FileFormat, _type?: string): Promise<Blob> {
    return this.exportAll();
  }
}
