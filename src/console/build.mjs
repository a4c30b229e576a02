import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { createRequire } from 'node:module';
import { buildClient } from '../client/build.mjs';

/**
 * Builds the console into src/console/dist, the types of its operations first, and the client into src/client/dist. `npm ci`
 * runs it as `prepare`, also where development dependencies are left out: the server then says how to build them.
 */
const root = path.resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);

/** @param {string} tool its package @param {string} command of its `bin` @param {readonly string[]} args */
function run(tool, command, args) {
  const manifest = require.resolve(`${tool}/package.json`);
  /** @type {{ bin: Record<string, string> }} */
  const { bin } = require(manifest);
  const script = path.join(path.dirname(manifest), bin[command] ?? '');
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} tool */
function isInstalled(tool) {
  try {
    require.resolve(`${tool}/package.json`);
    return true;
  } catch {
    return false;
  }
}

const missing = ['@graphql-codegen/cli', 'vite', 'esbuild'].filter((tool) => !isInstalled(tool));
if (missing.length > 0) {
  process.stdout.write(`Console and client are not built: ${missing.join(' and ')} are development dependencies.\n`);
} else {
  run('@graphql-codegen/cli', 'graphql-codegen', ['--config', 'codegen.ts', '--silent']);
  run('vite', 'vite', ['build', '--config', 'src/console/vite.config.ts', '--logLevel', 'warn']);
  await buildClient();
}
