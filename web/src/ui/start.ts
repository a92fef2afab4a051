// Puts the screens on the page, on whatever core they are given.

import { mount } from 'svelte';
import '../styles/index.css';
import type { CoreClient } from '../core/types';
import App from './App.svelte';
import { app } from './state/app.svelte';
import { i18n } from './state/i18n.svelte';
import { router } from './state/router.svelte';
import { startTheme } from './state/theme';
import { applyAccent, asAccent } from './state/accent';
import { local } from './state/local';

export async function startUi(client: CoreClient, target: HTMLElement): Promise<void> {
  startTheme();
  applyAccent(asAccent(local.get('accent')));
  await i18n.start();
  router.start();
  app.start(client);
  mount(App, { target });
}
