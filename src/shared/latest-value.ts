import { RecentValues } from './recent-values.ts';

/** Holds one value: a reader that is slow gets the newest and misses those between. */
export class LatestValue<Value> extends RecentValues<Value> {
  constructor(onEnd: () => void) {
    super(1, onEnd);
  }
}
