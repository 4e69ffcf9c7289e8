/**
 * Who sees whom among the entries of one input. Its beams or samples are branches: each sees the prompt and the tokens that it came
 * from. When beams change places, branches are made of other branches, and no entry moves.
 */
import { HIDDEN } from '../graphs.ts';

interface Branch {
  /** Of each entry, 0 where the branch sees it, else HIDDEN. */
  sees: Float32Array;
  /** The place of its last token in the sequence. */
  readonly place: number;
}

/** Entries that are added before it looks again for some that nobody sees. */
const LOOKS_AFTER = 64;

export class Ancestry {
  /** The place of each entry in its sequence. */
  readonly #places: number[] = [];
  /** The number of entries from which it looks for some that nobody sees. */
  #looksAt = LOOKS_AFTER;
  #branches: readonly Branch[] = [{ sees: new Float32Array(), place: -1 }];

  get entries(): number {
    return this.#places.length;
  }

  get branches(): number {
    return this.#branches.length;
  }

  /** The place that the next token of a branch has. */
  nextPlace(branch: number): number {
    return (this.#branches[branch]?.place ?? -1) + 1;
  }

  /** The place of an entry. */
  placeOf(entry: number): number {
    return this.#places[entry] ?? 0;
  }

  /** Adds tokens of a prompt to the only branch: each sees those before it. */
  extend(tokens: number): void {
    const [{ sees, place }] = this.#only();
    const grown = withRoom(sees, this.entries + tokens);
    grown.fill(0, this.entries, this.entries + tokens);
    for (let token = 1; token <= tokens; token++) this.#places.push(place + token);
    this.#branches = [{ sees: grown, place: place + tokens }];
  }

  /** Makes a branch for each of the tokens of the next step, of the branch that it follows. The tokens that ran become entries by `append`. */
  follow(parents: readonly number[]): void {
    const left = new Map<number, number>();
    for (const parent of parents) left.set(parent, (left.get(parent) ?? 0) + 1);
    this.#branches = parents.map((parent) => {
      const { sees, place } = this.#branches[parent] ?? NONE;
      const others = (left.get(parent) ?? 1) - 1;
      left.set(parent, others);
      return { sees: others > 0 ? sees.slice() : sees, place };
    });
  }

  /** Adds the tokens that ran, one of each branch, as entries that their own branch sees. */
  append(): void {
    const first = this.entries;
    this.#branches = this.#branches.map(({ sees, place }, branch) => {
      const grown = withRoom(sees, first + this.#branches.length);
      grown[first + branch] = 0;
      this.#places.push(place + 1);
      return { sees: grown, place: place + 1 };
    });
  }

  /**
   * Forgets the entries that no branch sees, where those are half of them or more: beams that were dropped leave theirs behind.
   *
   * @returns the entries that stay, in order; they are counted anew from 0. Nothing where all stay
   */
  forget(): readonly number[] | undefined {
    if (this.entries < this.#looksAt) return undefined;
    const kept = Array.from(this.#places.keys()).filter((entry) =>
      this.#branches.some(({ sees }) => sees[entry] === 0),
    );
    const forgets = this.entries >= 2 * kept.length;
    if (forgets) {
      const places = kept.map((entry) => this.placeOf(entry));
      this.#places.splice(0, this.entries, ...places);
      this.#branches = this.#branches.map(({ sees, place }) => ({
        sees: Float32Array.from(kept, (entry) => sees[entry] ?? HIDDEN),
        place,
      }));
    }
    this.#looksAt = this.entries + Math.max(LOOKS_AFTER, Math.floor(this.entries / 4));
    return forgets ? kept : undefined;
  }

  /**
   * Writes what a branch sees of the entries into a row of a mask, from `at`.
   *
   * @param window tokens that its next token sees, itself among them
   */
  write(mask: Float32Array, at: number, branch: number, window = Number.POSITIVE_INFINITY): void {
    const { sees, place } = this.#branches[branch] ?? NONE;
    mask.set(sees.length > this.entries ? sees.subarray(0, this.entries) : sees, at);
    const oldest = place + 2 - window;
    if (oldest <= 0) return;
    for (let entry = 0; entry < this.entries; entry++) {
      if ((this.#places[entry] ?? 0) < oldest) mask[at + entry] = HIDDEN;
    }
  }

  #only(): readonly [Branch] {
    const [branch = NONE] = this.#branches;
    return [branch];
  }
}

const NONE: Branch = { sees: new Float32Array(), place: -1 };

/** Memory for so many entries, or for half as many again as before; what is added is hidden. */
function withRoom(sees: Float32Array, entries: number): Float32Array {
  if (sees.length >= entries) return sees;
  const grown = new Float32Array(Math.max(entries, Math.ceil(sees.length * 1.5))).fill(HIDDEN);
  grown.set(sees);
  return grown;
}
