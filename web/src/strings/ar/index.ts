// Arabic. It proves right-to-left and six plural forms; the shape is that of the English catalogue.

import type { Strings } from '../en';
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

export function ar(f: Format): Strings {
  return { app: 'Life OS', errors, ...account(f), ...find(f), ...frame(f), ...life(f), ...members(f), ...plan(f), ...recent(f), ...records(f), ...setup(f), ...start(f), ...vault(f) };
}
