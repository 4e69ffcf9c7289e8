/** Forbids n-grams that are there already: among the tokens of the decoder, or in what the encoder read. */
import type { Edit } from './edits.ts';
import type { Processor } from './processor.ts';
import type { SearchOptions } from './search-options.ts';

export function ngramProcessors(
  { noRepeatNgramSize, encoderNoRepeatNgramSize }: SearchOptions,
  source: readonly number[],
): readonly Processor[] {
  const repeats: Processor = ({ ids }) => forbidRepeats(ids, ids, noRepeatNgramSize);
  const copies: Processor = ({ ids }) => forbidRepeats(source, ids, encoderNoRepeatNgramSize);
  return [...(noRepeatNgramSize > 0 ? [repeats] : []), ...(encoderNoRepeatNgramSize > 0 ? [copies] : [])];
}

/** Forbids the last token of each n-gram of `text` whose others are the last tokens of `ids`. */
function forbidRepeats(text: readonly number[], ids: readonly number[], size: number): readonly Edit[] {
  const before = size - 1;
  const start = ids.length - before;
  const edits: Edit[] = [];
  if (start < 0) return edits;
  for (let last = before; last < text.length; last++) {
    let same = 0;
    while (same < before && text[last - before + same] === ids[start + same]) same += 1;
    if (same === before) edits.push({ kind: 'add', id: text[last] ?? -1, amount: Number.NEGATIVE_INFINITY });
  }
  return edits;
}
