// The page: a core, and the screens on it.
import { createCore } from './core';
import type { CoreClient } from './core';
import { startUi } from './ui/start';

/** Screens can be looked at without a core, in development and in builds of the mode `mock`; never in a real build. */
async function chooseCore(): Promise<CoreClient> {
  const asked = new URLSearchParams(location.search).get('mock');
  if (asked !== null && (import.meta.env.DEV || import.meta.env.MODE === 'mock')) {
    const { MockCore } = await import('./core/mock');
    return new MockCore(asked === 'none' || asked === 'locked' || asked === 'removed' ? asked : 'open');
  }
  return createCore();
}

const target = document.getElementById('app');
if (target) void chooseCore().then((core) => startUi(core, target));
