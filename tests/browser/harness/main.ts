// The core in a page without screens: stories of the core call `core` by name.
import { createCore } from '../../../web/src/core/index';

const core = createCore();
Object.assign(globalThis, { core });
core.state.subscribe((state) => {
  const shown = document.querySelector('#state');
  if (shown !== null) shown.textContent = JSON.stringify(state, null, 1);
});
