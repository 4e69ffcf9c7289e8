/**
 * The bins that traffic is counted in, fixed for all models, so that a reference that was recorded years ago is compared with what comes today.
 * They are part of the format: a change of one is a new version of `reference.json`. See ADR-reference.md.
 */

/** What is counted of a text and of its answer. A shift of each means something else: docs/how-to/watch-for-drift.md. */
export const FEATURES = ['tokens', 'unknown', 'script', 'confidence', 'entropy', 'label'] as const;
export type Feature = (typeof FEATURES)[number];

/** Upper bounds of tokens of a text, special tokens included, before it is cut: two bins for each doubling. The last bin has all above. */
export const TOKEN_BOUNDS = [
  3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096, 8192,
] as const;

/** Upper bounds of the share of a text's tokens that are the unknown token; the first bin has texts without any. */
export const UNKNOWN_BOUNDS = [0, 0.01, 0.03, 0.1, 0.3] as const;

/** Equal bins from 0 to 1: of the score of the answer, and of its entropy over the logarithm of the number of labels. */
export const SHARE_BINS = 10;

/**
 * The script that most letters of a text are of. Languages of one script are not told apart by it: Spanish among English shifts the number
 * of tokens and the confidence.
 */
export const SCRIPTS = [
  'latin',
  'greek',
  'cyrillic',
  'hebrew',
  'arabic',
  'devanagari',
  'thai',
  'hangul',
  'kana',
  'han',
  'other',
  'none',
] as const;
export type Script = (typeof SCRIPTS)[number];

/** Bins of a feature whose values are numbers. */
export const NUMBER_OF_BINS = {
  tokens: TOKEN_BOUNDS.length + 1,
  unknown: UNKNOWN_BOUNDS.length + 1,
  confidence: SHARE_BINS,
  entropy: SHARE_BINS,
} as const;

/** The first bound that is not below `value` is that of its bin. */
export function binOf(value: number, bounds: readonly number[]): number {
  let bin = 0;
  while (bin < bounds.length && value > (bounds[bin] ?? 0)) bin += 1;
  return bin;
}

/** The bin of a share of 0 to 1, of `SHARE_BINS`. */
export function binOfShare(share: number): number {
  return Math.min(SHARE_BINS - 1, Math.max(0, Math.floor(share * SHARE_BINS)));
}
