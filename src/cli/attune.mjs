#!/usr/bin/env node
// The command `attune`, wherever it is called from: the sources are TypeScript, which tsx reads.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
