// Modules of the app that need no browser, compiled by the same tool as the app.
import { join } from 'node:path';
import { runnerImport } from 'vite';

export const load = async (path) => (await runnerImport(join(import.meta.dirname, '../src', path), { configFile: false, logLevel: 'error' })).module;
