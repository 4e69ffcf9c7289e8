/** Finds encodings that a graph cannot tell apart, so that each is run once. */
import type { Encoding } from '../ports.ts';

export interface Distinct {
  /** One encoding of each kind, in the order in which they come first. */
  readonly encodings: readonly Encoding[];
  /** The places of each of them in the list that was given, the first one first. */
  readonly places: readonly (readonly number[])[];
}

type Tokens = Pick<Encoding, 'ids' | 'typeIds'>;

/** Encodings are of one kind where all their ids and type ids are equal; those are all that a graph reads. */
export function findDistinct(encodings: readonly Encoding[]): Distinct {
  const kinds = new Map<number, number[]>();
  const distinct: Encoding[] = [];
  const places: number[][] = [];
  for (const [place, encoding] of encodings.entries()) {
    const hash = hashIds(encoding);
    const alike = kinds.get(hash) ?? [];
    const known = alike.find((kind) => isSame(distinct[kind], encoding));
    if (known !== undefined) {
      places[known]?.push(place);
      continue;
    }
    kinds.set(hash, [...alike, distinct.length]);
    distinct.push(encoding);
    places.push([place]);
  }
  return { encodings: distinct, places };
}

/** FNV-1a, an id at a time: http://www.isthe.com/chongo/tech/comp/fnv */
function hashIds({ ids }: Tokens): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ids.length; i++) hash = Math.imul(hash ^ (ids[i] ?? 0), 0x01000193);
  return hash;
}

function isSame(one: Tokens | undefined, other: Tokens): boolean {
  return one !== undefined && areEqual(one.ids, other.ids) && areEqual(one.typeIds, other.typeIds);
}

function areEqual(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
