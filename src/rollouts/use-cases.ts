import type { Page, PageRequest } from '../shared/page.ts';
import type { ErasureResult } from './erase-user.ts';
import type { ShadowReport } from './rollout-figures.ts';
import type { DeleteUserDataInput, SwitchInput, UpdateRolloutInput, UserPreferenceInput } from './rollout-input.ts';
import type { Rollout, RolloutEvent } from './rollout.ts';
import type { SampleRatio } from './sample-ratio.ts';

/** What a resolver may call of rollouts. `actor` is the id of the API key that asks. */
export interface RolloutUseCases {
  get(ns: string, retrieverIds: readonly string[]): Promise<Rollout[]>;
  update(ns: string, input: UpdateRolloutInput, actor: string): Promise<Rollout>;
  kill(ns: string, input: SwitchInput, actor: string): Promise<Rollout>;
  resume(ns: string, input: SwitchInput, actor: string): Promise<Rollout>;
  setOptOut(ns: string, input: UserPreferenceInput, optedOut: boolean): Promise<void>;
  /** Also says whether the user is opted out. */
  resetPreferences(ns: string, input: UserPreferenceInput): Promise<ErasureResult & { optedOut: boolean }>;
  deleteUserData(ns: string, input: DeleteUserDataInput): Promise<ErasureResult>;
  sampleRatio(rollout: Rollout): Promise<SampleRatio>;
  /** Of a retriever that the caller may see. */
  shadowReport(retrieverId: string, hours: number): Promise<ShadowReport>;
  events(ns: string, retrieverId: string, page: PageRequest): Promise<Page<RolloutEvent>>;
  /** From now on, or after an event by its id; `return()` releases it at once. */
  watchEvents(ns: string, retrieverId: string, after: string | null): Promise<AsyncIterableIterator<RolloutEvent>>;
}
