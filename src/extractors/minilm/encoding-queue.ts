import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EmbeddingPurpose } from '../extractor.ts';
import type { SentenceEncoder } from './sentence-encoder.ts';

/** Padded tokens a run: the longest that a query waits behind documents is one run. */
const tokensPerRun = 512;

interface Item {
  tokens: readonly number[];
  deliver(vector: Float32Array): void;
  fail(error: unknown): void;
}

/**
 * Feeds an encoder run by run. Texts of similar length share a run, so that little is spent on padding; queries go before
 * documents, so that a search does not wait for an import to end.
 */
export class EncodingQueue {
  private readonly encoder: SentenceEncoder;
  private readonly waiting: Record<EmbeddingPurpose, Item[]> = { query: [], document: [] };
  private running = false;

  constructor(encoder: SentenceEncoder) {
    this.encoder = encoder;
  }

  /** One unit vector a text, in order. */
  async embed(texts: readonly string[], purpose: EmbeddingPurpose): Promise<Float32Array[]> {
    const vectors = texts.map((text) => {
      const tokens = this.encoder.tokenize(text);
      return new Promise<Float32Array>((deliver, fail) => this.waiting[purpose].push({ tokens, deliver, fail }));
    });
    this.waiting[purpose].sort((a, b) => b.tokens.length - a.tokens.length);
    void this.drain();
    return Promise.all(vectors);
  }

  private async drain(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (let run = this.nextRun(); run.length > 0; run = this.nextRun()) {
      try {
        const vectors = await this.encoder.encode(run.map((item) => item.tokens));
        run.forEach((item, i) => item.deliver(vectors[i] as Float32Array));
      } catch (error) {
        for (const item of run) item.fail(error);
      }
      // Requests that came in meanwhile are waiting to be read; a query among them goes next.
      await nextTurn();
    }
    this.running = false;
  }

  /**
   * One query, else the longest waiting documents, as many as fit when padded to the first. A query runs alone because
   * quantisation goes by the range of values in a run: so its vector, and the ranking, do not depend on its company.
   */
  private nextRun(): Item[] {
    const { query, document } = this.waiting;
    if (query.length > 0) return query.splice(0, 1);
    const longest = document[0]?.tokens.length ?? 1;
    return document.splice(0, Math.max(1, Math.floor(tokensPerRun / longest)));
  }
}
