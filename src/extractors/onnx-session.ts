import { env, InferenceSession } from 'onnxruntime-node';

/** A model in memory, on the processor. @param threads that one run is spread over, at least 1 */
export function openSession(model: Uint8Array, threads: number): Promise<InferenceSession> {
  env.logLevel = 'error';
  return InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Idle threads sleep: the processor also serves the databases.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}
