/** Finds the texts of an encoding among its special tokens, and cuts them. */
import type { Encoding } from '../ports.ts';

/** Indices of tokens, the end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where the texts of a request stand; every token around them is a special one. */
export interface Parts {
  readonly text: Range;
  readonly pair: Range;
}

/** Finds both texts. A text without a token is an empty range before or after every token, so that the special tokens stay whole. */
export function findTexts(sequenceIds: readonly (number | null | undefined)[]): Parts {
  const text = findRange(sequenceIds, 0);
  const pair = findRange(sequenceIds, 1);
  if (text) return { text, pair: pair ?? { start: text.end, end: text.end } };
  const start = pair?.start ?? 0;
  return { text: { start, end: start }, pair: pair ?? { start, end: start } };
}

function findRange(sequenceIds: readonly (number | null | undefined)[], sequence: number): Range | undefined {
  const start = sequenceIds.indexOf(sequence);
  return start < 0 ? undefined : { start, end: sequenceIds.lastIndexOf(sequence) + 1 };
}

export const countTokens = ({ start, end }: Range): number => end - start;

/** Keeps the special tokens and these parts of the texts. `kept` lie within `parts`. */
export function keepParts(encoding: Encoding, parts: Parts, kept: Parts): Encoding {
  const keep = <Value>(values: readonly Value[]): Value[] =>
    values
      .slice(0, parts.text.start)
      .concat(
        values.slice(kept.text.start, kept.text.end),
        values.slice(parts.text.end, parts.pair.start),
        values.slice(kept.pair.start, kept.pair.end),
        values.slice(parts.pair.end),
      );
  const { ids, typeIds, alignment } = encoding;
  return {
    ...encoding,
    ids: keep(ids),
    typeIds: keep(typeIds),
    alignment: alignment && {
      spans: keep(alignment.spans),
      wordIds: keep(alignment.wordIds),
      tokens: keep(alignment.tokens),
      specialTokensMask: keep(alignment.specialTokensMask),
      sequenceIds: keep(alignment.sequenceIds),
    },
  };
}
