// Part of `npm run build`, and so of `npm ci`: what makes the first start on the embedded engines a quick one.
import { buildTemplate } from './build-template.ts';

await buildTemplate({ debug() {}, info() {}, warn: console.warn, error: console.error });
