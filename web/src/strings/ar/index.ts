// Arabic. It proves right-to-left and six plural forms; the shape is that of the English catalogue.

import type { Strings } from '../en';
import type { Format } from '../format';
import { account } from './account';
import { errors } from './errors';
import { find } from './find';
import { frame } from './frame';
import { members } from './members';
import { records } from './records';
import { start } from './start';
import { vault } from './vault';

export function ar(f: Format): Strings {
  return { app: 'Life OS', errors, ...account(f), ...find(f), ...frame(f), ...members(f), ...records(f), ...start(f), ...vault(f) };
}
