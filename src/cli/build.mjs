// @ts-check
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { bundleDirectory, markOf, marksFile, root } from './source-marks.mjs';

/**
 * Bundles the command into src/cli/dist, which attune.mjs runs as long as no source has changed: a few files are read in a
 * fifth of the time that two thousand take. Part of `npm run build`, and so of `npm ci`; without esbuild, a development
 * dependency, the sources are run.
 */

/** A thread's start in TypeScript, which has a bundle of its own here. */
const worker = /new URL\('\.\/([\w-]+-worker)-entry\.mjs', import\.meta\.url\)/g;

/** What files name relative to themselves stays where it is; only worker threads have a bundle of their own. @type {import('esbuild').Plugin} */
const whereSourcesLie = {
  name: 'where sources lie',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      if (file.includes('node_modules')) return null;
      const from = JSON.stringify(path.relative(bundleDirectory, file).split(path.sep).join('/'));
      const text = (await readFile(file, 'utf8')).replaceAll(worker, "new URL('./$1.js', import.meta['url'])");
      return { contents: text.replaceAll('import.meta.url', `new URL(${from}, import.meta.url).href`), loader: 'ts' };
    });
  },
};

/** A package that is imported when it is needed, and not before, is big or native: it is left where it is. @type {import('esbuild').Plugin} */
const lazyPackages = {
  name: 'lazy packages',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ kind, path: name }) => {
      return kind === 'dynamic-import' ? { path: name, external: true } : null;
    });
  },
};

/**
 * Node takes the CommonJS of graphql, of which a bundle has to read every function through a chain of getters, at each call:
 * the same as modules is a tenth less work for an operation.
 * @type {import('esbuild').Plugin}
 */
const graphqlAsModules = {
  name: 'graphql as modules',
  setup(build) {
    build.onResolve({ filter: /^graphql($|\/)/ }, ({ path: name, pluginData, ...from }) => {
      if (pluginData === graphqlAsModules) return null;
      const file = name === 'graphql' ? 'graphql/index.mjs' : name.replace(/(\.m?js)?$/, '.mjs');
      return build.resolve(file, { ...from, pluginData: graphqlAsModules });
    });
  },
};

async function bundle() {
  const { build } = await import('esbuild');
  await rm(bundleDirectory, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/cli/main.ts', out: 'main' },
      { in: 'src/extractors/minilm/encoder-worker.ts', out: 'encoder-worker' },
      { in: 'src/extractors/image/detector-worker.ts', out: 'detector-worker' },
    ],
    outdir: bundleDirectory,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['onnxruntime-node', 'pg-native'],
    plugins: [whereSourcesLie, lazyPackages, graphqlAsModules],
    // without what graphql checks for developers, at every value that it completes
    define: { 'process.env.NODE_ENV': '"production"' },
    // what CommonJS packages call
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
    metafile: true,
    logLevel: 'warning',
  });
  const sources = Object.keys(metafile.inputs).filter((file) => !file.startsWith('node_modules/'));
  const marks = [...sources, 'package-lock.json'].map((file) => [file, markOf(file)]);
  await writeFile(marksFile, JSON.stringify(Object.fromEntries(marks)));
}

try {
  await bundle();
} catch (error) {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stdout.write('The command is not bundled: esbuild is a development dependency.\n');
}
