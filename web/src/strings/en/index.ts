// English. The shape of this catalogue is the shape of every one; an area is a file.

import type { Format } from '../format';
import { account } from './account';
import { errors } from './errors';
import { find } from './find';
import { frame } from './frame';
import { life } from './life';
import { members } from './members';
import { plan } from './plan';
import { recent } from './recent';
import { records } from './records';
import { setup } from './setup';
import { start } from './start';
import { vault } from './vault';

export function en(f: Format) {
  return { app: 'Life OS', errors, ...account(f), ...find(f), ...frame(f), ...life(f), ...members(f), ...plan(f), ...recent(f), ...records(f), ...setup(f), ...start(f), ...vault(f) };
}

export type Strings = ReturnType<typeof en>;
