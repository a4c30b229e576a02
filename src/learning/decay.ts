/** An epoch lasts so many half-lives: within one, what is newest counts 2¹⁰ times what is oldest, and sums stay exact. */
const HALF_LIVES_AN_EPOCH = 10;
const HOUR_MS = 3_600_000;

/** Which sums a piece of evidence is added to, and how much it counts there. */
export interface DecayStamp {
  /** 0: it never fades. */
  halfLifeHours: number;
  /** Sums of one epoch fade together. */
  epoch: number;
  /** 1 at the epoch's start, doubling every half-life. */
  growth: number;
}

/**
 * Exponential decay as forward decay: instead of shrinking all sums as time goes by, what comes later counts for more, so
 * that a sum only ever grows by additions, in any order. Epochs keep the growth small.
 * Source: Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay", ICDE 2009.
 * @param halfLifeHours above 0; null: nothing fades
 * @param at when the evidence arose, milliseconds since the epoch
 */
export function decayStamp(halfLifeHours: number | null, at: number): DecayStamp {
  if (halfLifeHours === null) return { halfLifeHours: 0, epoch: 0, growth: 1 };
  const halfLives = at / HOUR_MS / halfLifeHours;
  const epoch = Math.floor(halfLives / HALF_LIVES_AN_EPOCH);
  return { halfLifeHours, epoch, growth: 2 ** (halfLives - epoch * HALF_LIVES_AN_EPOCH) };
}

/** The growth, on average, of what came evenly from the epoch's start to its end or to a time in it. */
export function meanGrowth({ halfLifeHours, epoch }: Omit<DecayStamp, 'growth'>, until: number): number {
  if (halfLifeHours === 0) return 1;
  const halfLives = Math.min(HALF_LIVES_AN_EPOCH, until / HOUR_MS / halfLifeHours - epoch * HALF_LIVES_AN_EPOCH);
  return halfLives > 0 ? (2 ** halfLives - 1) / (halfLives * Math.LN2) : 1;
}

/** What a sum of an epoch has to be multiplied by to be worth what it is at a time, 0 to 1 from then on. */
export function fadeOf(stamp: Omit<DecayStamp, 'growth'>, at: number): number {
  if (stamp.halfLifeHours === 0) return 1;
  return 2 ** (stamp.epoch * HALF_LIVES_AN_EPOCH - at / HOUR_MS / stamp.halfLifeHours);
}
