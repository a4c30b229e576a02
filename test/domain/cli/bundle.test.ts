import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '../../..');

describe('the command', () => {
  let root: string;
  const write = async (file: string, text: string) => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  };
  const started = async () => (await run(process.execPath, [path.join(root, 'src/cli/attune.mjs')])).stdout.trim();

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'attune-bundle-'));
    await write('package.json', '{ "type": "module" }');
    await write('package-lock.json', '{}');
    await write('src/cli/main.ts', "const what: string = 'the sources'; console.log(what);");
    await write('src/extractors/minilm/encoder-worker.ts', '');
    await write('src/extractors/image/detector-worker.ts', '');
    for (const file of ['attune.mjs', 'build.mjs', 'source-marks.mjs']) {
      await cp(path.join(repository, 'src/cli', file), path.join(root, 'src/cli', file));
    }
    await symlink(path.join(repository, 'node_modules'), path.join(root, 'node_modules'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  test('is its sources where it is not bundled', async () => {
    expect(await started()).toBe('the sources');
  });

  test('is its bundle until a source changes', async () => {
    await run(process.execPath, [path.join(root, 'src/cli/build.mjs')]);
    await write('src/cli/dist/main.js', "console.log('the bundle');");
    expect(await started()).toBe('the bundle');
    await write('src/cli/main.ts', "const what: string = 'new sources'; console.log(what);");
    expect(await started()).toBe('new sources');
  });

  test('finds from its bundle what its sources name', async () => {
    await write('src/cli/main.ts', "console.log(new URL('./data.sql', import.meta.url).pathname);");
    await run(process.execPath, [path.join(root, 'src/cli/build.mjs')]);
    expect(await started()).toBe(path.join(root, 'src/cli/data.sql'));
  });
});
