import type { Span, TokenResult } from '@pilotlight/engine';
import { ToolchainError } from '../../errors.ts';

/**
 * Where each word stands in the text, searched from left to right. Throws DATASET_INVALID for a word that does
 * not follow the ones before it.
 */
export function spansOfWords(text: string, words: readonly string[]): readonly Span[] {
  let from = 0;
  return words.map((word) => {
    const start = text.indexOf(word, from);
    if (start < 0) {
      throw new ToolchainError(
        'DATASET_INVALID',
        `The word '${word}' is not where its tokens say in '${text}'.`,
      );
    }
    from = start + word.length;
    return [start, from] as const;
  });
}

/**
 * A tag for each word: that of its first sub-word token, which is the one that training gives the label to. A word
 * without a token (cut off, or dropped by the tokenizer's normalisation) is `O`.
 */
export function tagsOfWords(
  words: readonly Span[],
  result: TokenResult | undefined,
  labels: readonly string[],
): readonly string[] {
  const logits = result?.outputs.logits?.data ?? new Float32Array();
  const { spans = [], specialTokensMask = [] } = result?.encoding.alignment ?? {};
  const tokens = spans.map((span, index) => ({ span, index }));
  const ofText = tokens.filter(({ index }) => specialTokensMask[index] !== 1);
  return words.map(([wordStart, wordEnd]) => {
    const first = ofText.find(({ span: [start, end] }) => end > wordStart && start < wordEnd);
    if (first === undefined) return 'O';
    const row = logits.subarray(first.index * labels.length, (first.index + 1) * labels.length);
    return labels[indexOfLargest(row)] ?? 'O';
  });
}

export function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}
