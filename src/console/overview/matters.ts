import type { RolloutStateFragment } from '../gql/graphql.ts';
import { moment, words } from '../parts/format.ts';
import type { Tone } from '../parts/tone.ts';

export interface Matter {
  tone: Tone;
  word: string;
  text: string;
}

type Known = Pick<RolloutStateFragment, 'killed' | 'held' | 'shadowMode' | 'guardrails'>;

/**
 * What somebody should look at of one retriever.
 * @param withoutEffect its features that change no search, by name
 */
export function mattersOf(
  { killed, held, shadowMode, guardrails }: Known,
  withoutEffect: readonly { name: string; reason: string }[],
): Matter[] {
  const matters: Matter[] = [];
  const add = (tone: Tone, word: string, text: string) => matters.push({ tone, word, text });
  if (killed !== null) add('danger', 'Killed', `since ${moment(killed.at)}: ${killed.reason ?? 'no reason was given'}`);
  // nothing runs along while learned fusion is killed
  if (shadowMode && killed === null) add('accent', 'Shadow', 'learned fusion runs along, and nobody is served it');
  if (held) add('warn', 'Held', 'a guardrail forbids raising the percentage');
  for (const { metric, threshold, breached } of guardrails) {
    if (breached) add('warn', 'Guardrail', `${words(metric)} is beyond ${threshold}`);
  }
  for (const { name, reason } of withoutEffect) add('warn', 'No effect', `${name}: ${reason}`);
  return matters;
}
