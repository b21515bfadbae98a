/**
 * How good a conversation over a line would be, by the E-model of ITU-T G.107 (06/2015): of its impairments, those that a
 * packet network causes. Noise and loudness, which it knows as well, are at its defaults.
 */

/** Basic signal-to-noise ratio less what is simultaneous with the voice, at all defaults (G.107, table 3). */
const R_AT_DEFAULTS = 93.2;
/** Longer pauses than these are noticed (G.107, section 7.4). */
const UNNOTICED_DELAY_MS = 100;
/** Nobody talks over longer ones. */
const WORST_DELAY_MS = 10_000;
const LEAST_MOS = 1;
const MOST_MOS = 4.5;

/** How a codec sounds, and how it bears losses (G.113, appendix I). */
export interface CodecImpairment {
  /** Ie: equipment impairment without losses. */
  readonly ie: number;
  /** Bpl: robustness to losses, in percent. */
  readonly bpl: number;
}

/** G.711 with concealment as in its appendix I (G.113, table I.4); G.722 is not judged on the wideband scale here. */
export const WITH_CONCEALMENT: CodecImpairment = { ie: 0, bpl: 25.1 };

export interface LineConditions {
  /** From mouth to ear, one way. */
  readonly delayMs: number;
  /** What did not come, or came too late to be heard; in percent. */
  readonly lossPct: number;
  /** 1 where losses come at random, more where they come in bursts. */
  readonly burstRatio?: number;
  readonly codec: CodecImpairment;
}

/** Transmission rating R, 0 (worst) to 93.2. */
export function transmissionRating({ delayMs, lossPct, burstRatio = 1, codec }: LineConditions): number {
  const rating = R_AT_DEFAULTS - delayImpairment(delayMs) - lossImpairment(lossPct, burstRatio, codec);
  return Math.min(R_AT_DEFAULTS, Math.max(0, rating));
}

/** Mean opinion score, 1 to 4.5, of a rating (G.107, annex B). */
export function meanOpinionScore(rating: number): number {
  if (!(rating > 0)) return LEAST_MOS;
  if (rating >= 100) return MOST_MOS;
  const score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
  return Math.min(MOST_MOS, Math.max(LEAST_MOS, score));
}

/** Idd: that answers come late. */
function delayImpairment(delayMs: number): number {
  if (!(delayMs > UNNOTICED_DELAY_MS)) return 0;
  const x = Math.log2(Math.min(delayMs, WORST_DELAY_MS) / UNNOTICED_DELAY_MS);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** Ie,eff: the codec, and losses as it bears them. */
function lossImpairment(lossPct: number, burstRatio: number, { ie, bpl }: CodecImpairment): number {
  const lost = lossPct > 0 ? Math.min(100, lossPct) : 0;
  return lost === 0 ? ie : ie + ((95 - ie) * lost) / (lost / Math.max(1, burstRatio) + bpl);
}
