import type { OnnxManifest, Span, TokenResult } from '@pilotlight/engine';
import { decodeTags } from '@pilotlight/engine/internal/tasks/tag-decoding';
import { ToolchainError } from '../../errors.ts';

/**
 * Finds the place of each word in the text, from left to right. Throws DATASET_INVALID for a word that does
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
 * A tag for each word: that of its first sub-word token, which is the one that training gives the label to, as the model
 * decodes labels. A word without a token (cut off, or dropped by the tokenizer's normalisation) is `O`.
 */
export async function tagsOfWords(
  words: readonly Span[],
  result: TokenResult | undefined,
  { labels, taskDefaults }: Pick<OnnxManifest, 'labels' | 'taskDefaults'>,
): Promise<readonly string[]> {
  const logits = result?.outputs.logits?.data ?? new Float32Array();
  const { spans = [], specialTokensMask = [] } = result?.encoding.alignment ?? {};
  const ofText = [...spans.keys()].filter((token) => specialTokensMask[token] !== 1);
  const firsts = words.map(([wordStart, wordEnd]) =>
    ofText.find((token) => {
      const [start = 0, end = 0] = spans[token] ?? [];
      return end > wordStart && start < wordEnd;
    }),
  );
  const found = firsts.filter((token) => token !== undefined);
  const rows = found.map((token) => logits.subarray(token * labels.length, (token + 1) * labels.length));
  const chosen = await decodeTags(rows, labels, taskDefaults?.decoding ?? 'argmax', async () => {});
  const tags = new Map(found.map((token, i) => [token, labels[chosen[i] ?? -1] ?? 'O']));
  return firsts.map((token) => (token === undefined ? 'O' : (tags.get(token) ?? 'O')));
}

export function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}
