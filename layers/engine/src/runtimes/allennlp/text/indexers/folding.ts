/** The folding of long texts: pieces are cut into segments of the model's length, and each gets special tokens of its own. */
import type { SpecialTokens } from '../hub-special-tokens.ts';

export interface Sequence {
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
}

/**
 * Takes the special tokens of a single text away from both ends of a sequence, cuts the rest into segments of `maxLength` less
 * the special tokens, and puts those of a single text around every segment. A sequence without pieces has no segment.
 */
export function fold({ ids, typeIds }: Sequence, maxLength: number, { single }: SpecialTokens): Sequence {
  const { start, end } = single;
  const room = maxLength - start.length - end.length;
  const inner = {
    ids: strip(ids, start.length, end.length),
    typeIds: strip(typeIds, start.length, end.length),
  };
  const folded: { ids: number[]; typeIds: number[] } = { ids: [], typeIds: [] };
  for (let at = 0; at < inner.ids.length; at += room) {
    folded.ids.push(
      ...start.map(({ textId = 0 }) => textId),
      ...inner.ids.slice(at, at + room),
      ...end.map(({ textId = 0 }) => textId),
    );
    folded.typeIds.push(
      ...start.map(({ typeId = 0 }) => typeId),
      ...inner.typeIds.slice(at, at + room),
      ...end.map(({ typeId = 0 }) => typeId),
    );
  }
  return folded;
}

function strip(values: readonly number[], start: number, end: number): readonly number[] {
  return values.slice(start, values.length - end);
}
