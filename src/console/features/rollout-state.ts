import type { RolloutStateFragment } from '../gql/graphql.ts';
import type { Tone } from '../parts/tone.ts';

/** What a rollout comes to, in a word and in a sentence. */
export interface RolloutWords {
  tone: Tone;
  word: string;
  text: string;
}

type Known = Pick<
  RolloutStateFragment,
  'killed' | 'held' | 'shadowMode' | 'rolloutPct' | 'controlPct' | 'staticFusion'
>;

/** @param fusion of the retriever */
export function rolloutInWords(rollout: Known, fusion: string): RolloutWords {
  const { killed, shadowMode, rolloutPct, controlPct, staticFusion } = rollout;
  if (killed !== null && fusion === 'LEARNED') {
    return {
      tone: 'danger',
      word: 'Killed',
      text: `Everyone is served ${staticFusion}. Feedback goes on being learned from.`,
    };
  }
  if (shadowMode && killed === null) {
    return { tone: 'accent', word: 'Shadow', text: 'Learned fusion only runs along; nobody is served it.' };
  }
  if (fusion !== 'LEARNED') {
    return {
      tone: 'plain',
      word: 'Static',
      text: `Everyone is served ${fusion}. Clicks are learned from all the same.`,
    };
  }
  // nobody is left for a percentage of those outside the control group where that is everyone
  if (rolloutPct <= 0 || controlPct >= 100) {
    return { tone: 'plain', word: 'Not rolled out', text: `Everyone is served ${staticFusion}.` };
  }
  const control = `${controlPct} % are a control group`;
  if (rolloutPct >= 100) {
    const text = controlPct > 0 ? `${control}; learned fusion serves all others.` : 'Learned fusion serves everyone.';
    return { tone: 'good', word: 'Learned', text };
  }
  const served = 'are served learned fusion.';
  return {
    tone: 'good',
    word: `Learned, ${rolloutPct} %`,
    text: controlPct > 0 ? `${control}; ${rolloutPct} % of the others ${served}` : `${rolloutPct} % ${served}`,
  };
}
