#!/usr/bin/env node
// @ts-check
// The command `attune`, wherever it is called from: its bundle (build.mjs), which starts in a fifth of the time, where no
// source was changed since; else the sources, which are TypeScript, by tsx.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleDirectory, markOf, marksFile } from './source-marks.mjs';

function isBundleFresh() {
  try {
    /** @type {Record<string, string>} */
    const marks = JSON.parse(readFileSync(marksFile, 'utf8'));
    return Object.entries(marks).every(([file, mark]) => markOf(file) === mark);
  } catch {
    return false;
  }
}

if (isBundleFresh()) {
  await import(pathToFileURL(path.join(bundleDirectory, 'main.js')).href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./main.ts');
}
