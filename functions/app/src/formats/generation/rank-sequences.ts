import type { GeneratedSequence } from '@pilotlight/engine/internal/predict/generation';

/** The best first by the mean log probability of their tokens, as the `best_of` of OpenAI and of TGI ranks them. */
export function rankByMeanLogprob(sequences: readonly GeneratedSequence[]): readonly GeneratedSequence[] {
  return sequences.toSorted((a, b) => meanLogprob(b) - meanLogprob(a));
}

function meanLogprob({ tokens }: GeneratedSequence): number {
  return tokens.reduce((sum, { logprob }) => sum + logprob, 0) / Math.max(1, tokens.length);
}
