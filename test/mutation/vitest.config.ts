import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';
import { areas, chosenAreas } from './areas.mjs';

/** The tests of the areas that are mutated, and no more: each is run once a change. */
const config = mergeConfig(base, { test: { retry: 0 } });
config.test.include = chosenAreas(process.env).flatMap((area) => areas[area]?.tests ?? []);
export default config;
