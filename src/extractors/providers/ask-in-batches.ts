import { RefusedInputs } from '../unreadable-inputs.ts';
import { RefusedRequest } from './provider-fault.ts';

/** A batch, its halves, quarters and eighths: where none of them passes, it is hardly the inputs. */
const REFUSALS_OF_ALL = 15;

export interface BatchOptions {
  maxBatch: number;
  /** Whether a batch that is refused is asked for by halves, until those inputs are alone that are the matter. */
  byHalves: boolean;
  /** Whether the model is known to answer. */
  hasPassed: boolean;
}

/**
 * Asks for all of the inputs.
 * @returns what is wrong with each input that is refused while others pass
 * @throws RefusedInputs where none passes, after some tries: a wrong model refuses them all
 */
export async function askInBatches(
  inputs: readonly string[],
  { maxBatch, byHalves, hasPassed }: BatchOptions,
  ask: (batch: readonly string[]) => Promise<void>,
): Promise<Map<string, string>> {
  const parts: (readonly string[])[] = [];
  for (let start = 0; start < inputs.length; start += maxBatch) parts.push(inputs.slice(start, start + maxBatch));
  const faults = new Map<string, string>();
  let passes = hasPassed;
  let refused: RefusedRequest | null = null;
  let refusals = 0;
  // halves come after all that is larger, so that one that passes is found early
  for (const part of parts) {
    try {
      await ask(part);
      passes = true;
    } catch (error) {
      if (!(error instanceof RefusedRequest) || !byHalves) throw error;
      refused = error;
      if (++refusals === REFUSALS_OF_ALL && !passes) break;
      if (part.length === 1) faults.set(part[0] as string, error.message);
      else parts.push(...halves(part));
    }
  }
  if (refused !== null && !passes) throw new RefusedInputs(refused);
  return faults;
}

/** Most are refused for their length: what is too long comes together. */
function halves(part: readonly string[]): [string[], string[]] {
  const byLength = [...part].sort((a, b) => a.length - b.length);
  const middle = Math.floor(byLength.length / 2);
  return [byLength.slice(0, middle), byLength.slice(middle)];
}
