// @ts-check
// A worker thread does not inherit tsx from its parent on Node 20, so this one loads its TypeScript explicitly.
import { tsImport } from 'tsx/esm/api';

await tsImport('./detector-worker.ts', import.meta.url);
