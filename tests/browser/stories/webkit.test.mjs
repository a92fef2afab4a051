import test from 'node:test';
import { passphraseStory } from '../lib/everywhere.mjs';
import { launchWebKit } from '../lib/webkit.mjs';

test('WebKit: a vault with a passphrase is made, used offline over reloads, synced, locked and opened again', async (it) => {
  await passphraseStory(it, launchWebKit);
});
