// English. The shape of this catalogue is the shape of every one; an area is a file.

import type { Format } from '../format';
import { account } from './account';
import { errors } from './errors';
import { find } from './find';
import { frame } from './frame';
import { members } from './members';
import { records } from './records';
import { start } from './start';
import { vault } from './vault';

export function en(f: Format) {
  return { app: 'Life OS', errors, ...account(f), ...find(f), ...frame(f), ...members(f), ...records(f), ...start(f), ...vault(f) };
}

export type Strings = ReturnType<typeof en>;
