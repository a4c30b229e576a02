import { useEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { useEvents } from '../api/use-events.ts';
import { LiveWeightsDocument } from '../gql/graphql.ts';
import { wallClock } from '../parts/now.ts';
import { audienceVariables, type Audience } from './audience.ts';
import { addToWeightLog, emptyWeightLog, type WeightLog, type WeightState } from './weight-log.ts';

export interface LiveWeights extends WeightLog {
  error: CombinedError | null;
}

/** A busy retriever changes with every click: the page follows a few times a second. */
const paintMs = 250;

/** The weights of an audience as they change, and how they came to be since the page was opened. */
export function useLiveWeights(retrieverId: string, audience: Audience): LiveWeights {
  const variables = { retrieverId, ...audienceVariables(audience) };
  const key = JSON.stringify(variables);
  const [seen, setSeen] = useState({ key, log: emptyWeightLog });
  const waiting = useRef<WeightState | null>(null);
  useEffect(() => {
    waiting.current = null;
    const timer = setInterval(() => {
      const state = waiting.current;
      waiting.current = null;
      if (state === null) return;
      const at = wallClock();
      setSeen((before) => ({ key, log: addToWeightLog(before.key === key ? before.log : emptyWeightLog, state, at) }));
    }, paintMs);
    return () => clearInterval(timer);
  }, [key]);
  const error = useEvents(LiveWeightsDocument, variables, ({ learnedWeights }) => {
    waiting.current = learnedWeights;
  });
  return { ...(seen.key === key ? seen.log : emptyWeightLog), error };
}
