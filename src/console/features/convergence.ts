import type { Tone } from '../parts/tone.ts';

/** How far the weights of a level have settled. */
export const stateWords: Record<string, { word: string; tone: Tone }> = {
  NOTHING_LEARNED: { word: 'Nothing learned', tone: 'plain' },
  STILL_EXPLORING: { word: 'Still exploring', tone: 'accent' },
  CONVERGING: { word: 'Converging', tone: 'accent' },
  CONVERGED: { word: 'Converged', tone: 'good' },
};

/** What is said of a level, without the state's own word, which a badge shows. */
export function explanationOf({ state, text }: { state: string; text: string }): string {
  const word = `${stateWords[state]?.word ?? state}: `.toLowerCase();
  const rest = text.toLowerCase().startsWith(word) ? text.slice(word.length) : text;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

export const levelWords: Record<string, string> = {
  PERSONAL: 'Personal',
  DEMOGRAPHIC: 'By segment',
  GLOBAL: 'Everyone',
  PRIOR: 'Nothing learned yet',
};
