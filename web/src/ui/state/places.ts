// Where one stands in the frame: which tab, and which domain of the sidebar.

import type { IconName } from '../parts/Icon.svelte';
import { to, type Route } from './routes';

/** Domains of the sidebar, by the type of their records. */
export const DOMAINS = ['habit', 'routine', 'goal', 'task', 'project', 'journal', 'identity', 'event'] as const;
export type Domain = (typeof DOMAINS)[number];

export const DOMAIN_ICONS: Readonly<Record<Domain, IconName>> = {
  habit: 'habit',
  routine: 'routine',
  goal: 'flag',
  task: 'task',
  project: 'layers',
  journal: 'book',
  identity: 'compass',
  event: 'calendar',
};

export function domainAddress(domain: Domain): string {
  return domain === 'habit' || domain === 'task' ? to.list(domain) : to.records(domain);
}

export interface Standing {
  readonly tab: 'today' | 'plan' | 'life' | 'settings';
  /** The type whose records these are; null on a page about no type. */
  readonly type: string | null;
}

/** `hash` tells of a page of changes whose it is. */
export function standingOf(route: Route, hash: string): Standing {
  switch (route.page) {
    case 'today':
    case 'plan':
    case 'life':
      return { tab: route.page, type: null };
    case 'habits':
    case 'habit':
    case 'habit-form':
      return { tab: 'life', type: 'habit' };
    case 'tasks':
    case 'task':
    case 'task-form':
      return { tab: 'life', type: 'task' };
    case 'arrange':
      return { tab: 'life', type: 'habit' };
    case 'templates':
      return { tab: 'life', type: null };
    case 'records':
    case 'record':
    case 'record-form':
      return { tab: 'life', type: route.type };
    case 'history': {
      const [first = '', second = ''] = hash.replace(/^#\/?/, '').split('/');
      return { tab: 'life', type: first === 'life' ? second : first.replace(/s$/, '') };
    }
    default:
      return { tab: 'settings', type: null };
  }
}
