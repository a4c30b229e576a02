import { describe, expect, it } from 'vitest';
import { createAttribution } from '../../../src/interactions/prepare-attribution.ts';
import type { Signal } from '../../../src/interactions/interaction.ts';
import { defaultLearningConfig, type LearningConfig } from '../../../src/learning/learning-config.ts';
import type { Retriever } from '../../../src/retrievers/retriever.ts';
import { executionOf } from '../../fixtures/interaction.ts';

const features = ['test://text@v1/a', 'test://image@v1/b'];
const HOUR_MS = 3_600_000;

/** Versions of a retriever, from 1, by their learning config and their features. */
function attributionOf(...versions: [config: Partial<LearningConfig>, features: readonly string[]][]) {
  return createAttribution({
    retrievers: {
      version: (id, version) => {
        const [config, featureUris] = versions[version - 1] ?? [];
        if (featureUris === undefined) return Promise.resolve(null);
        const [first, ...others] = featureUris.map((featureUri) => ({
          ...{ featureUri, query: '{{INPUT.query}}', topK: 100, weight: null, filters: null },
        }));
        const retriever: Retriever = {
          ...{ id, version, namespaceId: 'namespace', name: 'shop', createdAt: 0, updatedAt: 0, collectionIds: [] },
          inputSchema: null,
          stages: [
            {
              ...{ kind: 'featureSearch', searches: [first!, ...others], fusion: 'LEARNED', finalTopK: 25 },
              ...{ rankConstant: 60, rawScores: false, filters: null, groupBy: null, facets: [] },
              learningConfig: { ...defaultLearningConfig, ...config },
            },
          ],
        };
        return Promise.resolve(retriever);
      },
    },
  });
}

const execution = executionOf(['a', 'b']);
const click = (hoursLater: number | null): Signal => ({
  ...{ documentId: 'a', type: 'CLICK', durationMs: null, depth: null },
  occurredAt: hoursLater === null ? null : execution.executedAt + hoursLater * HOUR_MS,
});

describe('attribution', () => {
  it('counts what happened within the reward window, and what is of unknown time', async () => {
    const attribute = await attributionOf([{ rewardWindowHours: 24 }, features])([execution]);
    const counted = (hours: number | null) => attribute(execution, [click(hours)])?.interactions;
    expect([counted(0), counted(24), counted(24.01), counted(null)]).toEqual([1, 1, 0, 1]);
  });

  it('is by the version that ran, or by that of a later rebuild, with the features of the one that ran', async () => {
    const prepare = attributionOf(
      [{}, features],
      [{ rewardMap: { ...defaultLearningConfig.rewardMap, CLICK: 0 } }, ['other']],
    );
    const signals = [click(0)];
    const byOwn = await prepare([execution]);
    expect(byOwn(execution, signals)?.interactions).toBe(1);
    const rebuilt = await prepare([execution], new Map([[execution.retrieverId, { number: 1, ruledBy: 2 }]]));
    expect(rebuilt(execution, signals)?.interactions).toBe(0);
    expect([...(rebuilt(execution, signals)?.arms.keys() ?? [])].sort()).toEqual([...features].sort());
    const earlier = await prepare([execution], new Map([['another retriever', { number: 1, ruledBy: 2 }]]));
    expect(earlier(execution, signals)?.interactions).toBe(1);
  });

  it('is none where the version that ran is gone', async () => {
    const attribute = await attributionOf()([execution]);
    expect(attribute(execution, [click(0)])).toBeNull();
  });
});
