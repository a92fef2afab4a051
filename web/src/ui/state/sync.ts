// The one mark in words.

import type { SyncState } from '../../core/types';
import type { Strings } from '../../strings/en';

export function syncWords(state: SyncState, t: Strings): string {
  switch (state.kind) {
    case 'saved':
      return t.sync.saved(state.waiting);
    case 'synced':
      return t.sync.synced;
    case 'offline':
      return t.sync.offline(state.waiting);
    case 'problem':
      return t.sync.problem;
  }
}
