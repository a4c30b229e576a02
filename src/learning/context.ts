import type { LearningConfig } from './learning-config.ts';
import { queryFeatures } from './query-features.ts';

export type ContextLevel = 'PERSONAL' | 'DEMOGRAPHIC' | 'GLOBAL' | 'PRIOR';

/** A context that has posteriors of its own, within a retriever. */
export interface ContextRef {
  /** SESSION never decides alone: it adds to the level that does. */
  level: Exclude<ContextLevel, 'PRIOR'> | 'SESSION';
  /** The values that name it (a user id, a segment, a session); '' for GLOBAL. */
  key: string;
}

/** What tells a context from every other of its retriever. */
export function contextName({ level, key }: { level: string; key: string }): string {
  return `${level}\n${key}`;
}

/**
 * What a search or an interaction says of who is asking: the values that context features are looked up in, by name.
 */
export type ContextValues = Readonly<Record<string, string>>;

/** A context that can decide alone. */
type Decider = ContextRef & { level: Exclude<ContextLevel, 'PRIOR'> };

/** The context that decides the weights of a search. */
export interface ContextChoice<Totals> {
  level: ContextLevel;
  /** '' for GLOBAL and PRIOR. */
  key: string;
  /** Null for PRIOR. */
  totals: Totals | null;
}

type ContextConfig = Pick<LearningConfig, 'contextFeatures' | 'demographicFeatures' | 'sessionAdaptation'>;

/**
 * The values of the features that the config names, of what is known of the person: `user_id`, `session_id` and
 * `segment` from the fields of that meaning, and any other text, number or boolean from the inputs, which also stand in
 * for absent fields. `query_words`, `query_digits` and `query_quoted` tell the kind of the input `query`.
 */
export function contextValues(
  who: {
    userId: string | null;
    sessionId?: string | null;
    segment: string | null;
    inputs?: Readonly<Record<string, unknown>>;
  },
  config: ContextConfig,
): ContextValues {
  const fields = new Map([
    ['user_id', who.userId],
    ['session_id', who.sessionId],
    ['segment', who.segment],
  ]);
  const inputs = new Map(Object.entries(who.inputs ?? {}));
  const query = inputs.get('query');
  const ofQuery = new Map(Object.entries((typeof query === 'string' ? queryFeatures(query) : null) ?? {}));
  const values = new Map<string, string>();
  const session = config.sessionAdaptation === null ? [] : ['session_id'];
  for (const name of [...config.contextFeatures, ...config.demographicFeatures, ...session]) {
    const value = fields.get(name) ?? inputs.get(name) ?? ofQuery.get(name);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      values.set(name, String(value));
    }
  }
  return Object.fromEntries(values);
}

/**
 * The contexts an interaction trains, from most to least specific. A level is left out where the config names no
 * feature for it, or one of its values is missing or empty.
 */
export function trainedContexts(config: ContextConfig, values: ContextValues): ContextRef[] {
  const session = sessionContext(config, values);
  return [...decidingContexts(config, values), ...(session === null ? [] : [session])];
}

/** The context of the session; null where the config does not adapt to it or it has no name. */
export function sessionContext(config: ContextConfig, values: ContextValues): ContextRef | null {
  const key = config.sessionAdaptation === null ? '' : (values['session_id'] ?? '');
  return key === '' ? null : { level: 'SESSION', key };
}

function decidingContexts(config: ContextConfig, values: ContextValues): Decider[] {
  const refs: Decider[] = [];
  const personal = contextKey(config.contextFeatures, values);
  if (personal !== null) refs.push({ level: 'PERSONAL', key: personal });
  const demographic = contextKey(config.demographicFeatures, values);
  if (demographic !== null) refs.push({ level: 'DEMOGRAPHIC', key: demographic });
  refs.push({ level: 'GLOBAL', key: '' });
  return refs;
}

/**
 * The contexts a search may draw its weights from, from most to least specific: those that are trained, or GLOBAL
 * alone. All levels are trained either way, so that a change of strategy finds them ready.
 */
export function readableContexts(
  config: ContextConfig & Pick<LearningConfig, 'fallbackStrategy'>,
  values: ContextValues,
): Decider[] {
  const refs = decidingContexts(config, values);
  return config.fallbackStrategy === 'GLOBAL' ? refs.filter((ref) => ref.level === 'GLOBAL') : refs;
}

/** A single value is its own key; several are a JSON array, so that no two lists of values share a key. */
function contextKey(features: readonly string[], values: ContextValues): string | null {
  const found = features.map((name) => (Object.hasOwn(values, name) ? values[name] : ''));
  if (found.length === 0 || found.some((value) => !value)) return null;
  return found.length === 1 ? (found[0] ?? null) : JSON.stringify(found);
}

/**
 * The most specific context that knows enough: the personal one from `minInteractions` on, the others from 1 on; PRIOR
 * if none does.
 * @param totals of each ref, in the same order; null for a context without a signal
 */
export function chooseContext<Totals extends { interactions: number }>(
  refs: readonly ContextRef[],
  totals: readonly (Totals | null)[],
  minInteractions: number,
): ContextChoice<Totals> {
  for (const [index, { level, key }] of refs.entries()) {
    const known = totals[index] ?? null;
    const needed = level === 'PERSONAL' ? minInteractions : 1;
    if (level !== 'SESSION' && known && known.interactions >= needed) return { level, key, totals: known };
  }
  return { level: 'PRIOR', key: '', totals: null };
}
