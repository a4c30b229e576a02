import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from '../../../src/fusion/fuse.ts';
import type { FusionMethod, RankedList } from '../../../src/fusion/ranked-list.ts';
import { armPosteriors } from '../../../src/learning/beta-posterior.ts';
import { evidenceOf } from '../../../src/learning/evidence.ts';
import { defaultLearningConfig, learningAlgorithms } from '../../../src/learning/learning-config.ts';
import type { LearningAlgorithm } from '../../../src/learning/learning-config.ts';
import { weightPosterior } from '../../../src/learning/weight-posterior.ts';
import type { Retriever } from '../../../src/retrievers/retriever.ts';
import { decideWeights } from '../../../src/search/decide-weights.ts';
import type { Execution } from '../../../src/search/execution.ts';
import { replayExecution } from '../../../src/search/replay-execution.ts';
import { executionOf } from '../../fixtures/interaction.ts';
import { anyLists, methods } from '../fusion/ranked-lists.ts';

type Stage = Retriever['stages'][0];

function retrieverOf(lists: readonly RankedList[], stage: Partial<Stage> = {}): Retriever {
  const [first, ...others] = lists.map(({ featureUri }, index) => ({
    ...{ featureUri, query: '{{INPUT.query}}', topK: 100, weight: index + 0.1, filters: null },
  }));
  return {
    ...{ id: 'retriever', namespaceId: 'namespace', version: 1, createdAt: 0, updatedAt: 0, name: 'shop' },
    ...{ collectionIds: [], inputSchema: null },
    stages: [
      {
        ...{ kind: 'featureSearch', searches: [first!, ...others], fusion: 'LEARNED', finalTopK: 25, rankConstant: 60 },
        ...{ rawScores: false, learningConfig: defaultLearningConfig, filters: null, groupBy: null, facets: [] },
        ...stage,
      },
    ],
  };
}

/** As a search records it, and a store gives it back. */
async function recordedSearch(
  retriever: Retriever,
  lists: readonly RankedList[],
  level: 'GLOBAL' | 'PRIOR' = 'GLOBAL',
): Promise<Execution> {
  const [{ learningConfig, fusion, rankConstant, rawScores }] = retriever.stages;
  const featureUris = lists.map(({ featureUri }) => featureUri);
  const shown = fuse('RRF', lists).slice(0, 10);
  const outcomes = shown.map((_, place) => ({ reward: place % 3 === 1 ? 1 / 3 : 0, examined: 1 }));
  const totals = new Map(featureUris.map((uri, index) => [uri, { rewards: index + 1 / 3, failures: 2 }]));
  const arms = armPosteriors(featureUris, totals, learningConfig);
  const source = {
    posteriors: async () => ({
      ...{ level, version: '0000000000000007', interactions: 9, changedAt: 0, arms, complete: true, warning: null },
      hasLearned: level !== 'PRIOR',
      weights: weightPosterior(learningConfig, arms, evidenceOf(shown, outcomes, featureUris), 9),
    }),
  };
  const weights = await decideWeights(source, retriever, {}, 'a seed');
  const fused = fuse(fusion, lists, { weights: weights.forFusion, rankConstant, rawScores });
  const execution = executionOf([], {
    fusion,
    hits: fused.slice(0, 8),
    weights: weights.applied,
    contextLevel: weights.contextLevel,
    seed: weights.seed,
    posterior: weights.posterior,
    timing: {
      ...{ totalMs: 1, embeddingMs: 0, fusionMs: 0, samplingMs: 0 },
      searches: lists.map(({ featureUri, hits }) => ({ featureUri, ms: 1, candidates: hits.length })),
    },
  });
  return JSON.parse(JSON.stringify(execution)) as Execution;
}

const learning = (algorithm: LearningAlgorithm) => ({ learningConfig: { ...defaultLearningConfig, algorithm } });
const twoLists: RankedList[] = [
  { featureUri: 'feature-0', hits: ['a', 'b', 'c', 'd'].map((documentId, i) => ({ documentId, score: 9 - i })) },
  { featureUri: 'feature-1', hits: ['d', 'b', 'e'].map((documentId, i) => ({ documentId, score: 0.7 - i / 9 })) },
];
const random = learningAlgorithms.filter((algorithm) => algorithm !== 'UCB');

describe('a replay', () => {
  it.each(learningAlgorithms)('of a search by %s gives the same weights, scores and order', async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(anyLists, async (lists) => {
        const retriever = retrieverOf(lists, learning(algorithm));
        const execution = await recordedSearch(retriever, lists);
        expect(replayExecution(execution, retriever)).toEqual({
          identical: true,
          weights: execution.weights.map(({ featureUri, weight }) => ({ featureUri, weight })),
          documentIds: execution.hits.map(({ documentId }) => documentId),
          differences: [],
        });
      }),
    );
  });

  it.each(methods)('of a search that drew nothing, by %s, gives the same scores and order', async (fusion) => {
    await fc.assert(
      fc.asyncProperty(anyLists, fc.boolean(), async (lists, rawScores) => {
        const retriever = retrieverOf(lists, { fusion: fusion satisfies FusionMethod, rawScores, rankConstant: 7 });
        const execution = await recordedSearch(retriever, lists, 'PRIOR');
        expect(replayExecution(execution, retriever)).toMatchObject({ identical: true, differences: [] });
      }),
    );
  });

  it.each(random)('by %s with another seed is not identical', async (algorithm) => {
    // Always exploring, so that a draw by EPSILON_GREEDY depends on its seed.
    const explorationBonus = algorithm === 'EPSILON_GREEDY' ? 1 : null;
    const retriever = retrieverOf(twoLists, {
      learningConfig: { ...defaultLearningConfig, algorithm, explorationBonus },
    });
    const execution = await recordedSearch(retriever, twoLists);
    const replay = replayExecution({ ...execution, seed: 'another seed' }, retriever);
    expect(replay.identical).toBe(false);
    expect(replay.differences[0]).toMatch(/^The weight of feature-0 was 0\.\d+, and comes out as 0\.\d+\.$/);
  });

  it('finds a score and a position that do not follow from the record', async () => {
    const retriever = retrieverOf(twoLists);
    const { hits, ...execution } = await recordedSearch(retriever, twoLists);
    const [first, second, ...others] = hits;
    const swapped = replayExecution({ ...execution, hits: [second!, first!, ...others] }, retriever);
    expect(swapped.differences).toEqual([
      `Position 0 held ${second!.documentId}, and comes out as ${first!.documentId}.`,
    ]);
    const lifted = { ...second!, score: second!.score + 2 ** -40 };
    const forged = replayExecution({ ...execution, hits: [first!, lifted, ...others] }, retriever);
    expect(forged.identical).toBe(false);
    expect(forged.differences).toHaveLength(1);
  });

  it('leaves the order to a stage that sorted by an attribute', async () => {
    const [stage] = retrieverOf(twoLists).stages;
    const sorting: Retriever = {
      ...retrieverOf(twoLists),
      stages: [stage, { kind: 'sortAttribute', field: 'price', direction: 'ASC' }],
    };
    const { hits, ...execution } = await recordedSearch(sorting, twoLists);
    expect(replayExecution({ ...execution, hits: hits.toReversed() }, sorting).identical).toBe(true);
  });

  it('says what is missing where it cannot be made', async () => {
    const retriever = retrieverOf(twoLists);
    const execution = await recordedSearch(retriever, twoLists);
    const unrecorded = replayExecution({ ...execution, posterior: null }, retriever);
    expect(unrecorded).toMatchObject({ identical: false, differences: [expect.stringContaining('posterior')] });
    expect(replayExecution(execution, null)).toMatchObject({ identical: false });
  });
});
