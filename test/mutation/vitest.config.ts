import { defineConfig } from 'vitest/config';
import { project, shared } from '../../vitest.config.ts';
import { areas, chosenAreas } from './areas.mjs';

/** The tests of the areas that are mutated, and no more: each is run once a change. */
const include = chosenAreas(process.env).flatMap((area) => areas[area]?.tests ?? []);
const { resolve, test } = project('mutation', { include, retry: 0 });

export default defineConfig({ resolve, test: { ...shared, ...test } });
