import test from 'node:test';
import { passphraseStory } from '../lib/everywhere.mjs';
import { launchFirefox } from '../lib/firefox.mjs';

test('Firefox: a vault with a passphrase is made, used offline over reloads, synced, locked and opened again', async (it) => {
  await passphraseStory(it, launchFirefox);
});
