import { describe, expect, it } from 'vitest';
import { HIDDEN } from '../../../../layers/engine/src/runtimes/generation/graphs.ts';
import { Ancestry } from '../../../../layers/engine/src/runtimes/generation/loop/ancestry.ts';
import {
  type CacheTensor,
  copyEntries,
  keepEntries,
  relayout,
  roomFor,
} from '../../../../layers/engine/src/runtimes/generation/loop/cache-layout.ts';
import { planChunks } from '../../../../layers/engine/src/runtimes/generation/loop/plan-chunks.ts';

const [HEADS, DIM] = [2, 3];

const valueAt = (row: number, head: number, entry: number, index: number) =>
  row * 1000 + head * 100 + entry * 10 + index;

/** Rows that have so many entries each, every value of its own. */
function filled(used: readonly number[], room: number): CacheTensor {
  const data = new Float32Array(used.length * HEADS * room * DIM).fill(-1);
  for (const [row, entries] of used.entries()) {
    for (let head = 0; head < HEADS; head++) {
      for (let place = 0; place < entries * DIM; place++) {
        data[(row * HEADS + head) * room * DIM + place] = valueAt(
          row,
          head,
          Math.floor(place / DIM),
          place % DIM,
        );
      }
    }
  }
  return { name: 'past.0.key', heads: HEADS, dim: DIM, data };
}

function entriesOf({ data }: CacheTensor, room: number, row: number, head: number, count: number): number[] {
  const start = (row * HEADS + head) * room * DIM;
  return [...data.subarray(start, start + count * DIM)];
}

describe('a room', () => {
  it('grows by 32 entries, and by eighths where it is large', () => {
    expect([0, 1, 32, 33, 64, 65, 300, 1000, 1025, 5000].map((entries) => roomFor(entries))).toEqual([
      32, 32, 32, 64, 64, 96, 320, 1024, 1152, 5120,
    ]);
  });

  it.each([
    ['grows in new memory', 4, 9],
    ['shrinks where it is', 9, 6],
    ['stays', 7, 7],
  ])('that %s keeps the entries of every row', (_title, from, to) => {
    const used = [4, 1, 0, 3];
    const tensor = filled(used, from);
    relayout(tensor, used, from, to);
    for (const [row, count] of used.entries()) {
      for (let head = 0; head < HEADS; head++) {
        expect(entriesOf(tensor, to, row, head, count)).toEqual(
          entriesOf(filled(used, from), from, row, head, count),
        );
      }
    }
  });

  it('that grows where there is memory for it takes no more, and keeps the entries of every row', () => {
    const used = [5, 2, 5];
    const tensor = filled(used, 5);
    tensor.data = Float32Array.from({ length: 3 * HEADS * 8 * DIM }, (_, place) => tensor.data[place] ?? -1);
    const memory = tensor.data;
    relayout(tensor, used, 5, 8);
    expect(tensor.data).toBe(memory);
    for (const [row, count] of used.entries()) {
      expect(entriesOf(tensor, 8, row, 1, count)).toEqual(entriesOf(filled(used, 5), 5, row, 1, count));
    }
  });
});

it.each([1, 60])('copies %i entries of each head behind those that are there', (count) => {
  const target = filled([2, 3], 100);
  const source = filled([count + 1], count + 1);
  copyEntries(
    target,
    { row: 1, room: 100, first: 3 },
    { data: source.data, row: 0, room: count + 1, first: 1 },
    count,
  );
  const all = entriesOf(target, 100, 1, 1, 3 + count);
  expect(all.slice(0, 9)).toEqual(entriesOf(filled([2, 3], 100), 100, 1, 1, 3));
  expect(all.slice(9)).toEqual(entriesOf(source, count + 1, 0, 1, count + 1).slice(DIM));
});

it('keeps some entries of a row and moves them together, and leaves other rows alone', () => {
  const tensor = filled([6, 6], 8);
  keepEntries(tensor, { row: 1, room: 8 }, [0, 2, 3, 5]);
  for (let head = 0; head < HEADS; head++) {
    const expected = [0, 2, 3, 5].flatMap((entry) =>
      [0, 1, 2].map((index) => valueAt(1, head, entry, index)),
    );
    expect(entriesOf(tensor, 8, 1, head, 4)).toEqual(expected);
    expect(entriesOf(tensor, 8, 0, head, 6)).toEqual(entriesOf(filled([6, 6], 8), 8, 0, head, 6));
  }
});

describe('the entries of beams', () => {
  it('that nobody sees any more are forgotten once they are half of all, and places stay those of the sequence', () => {
    const ancestry = new Ancestry();
    ancestry.extend(4);
    ancestry.follow([0, 0, 0]);
    let kept: readonly number[] | undefined;
    let steps = 0;
    while (!kept) {
      ancestry.append();
      // All beams follow the second one.
      ancestry.follow([1, 1, 1]);
      kept = ancestry.forget();
      steps += 1;
    }
    expect(kept).toEqual([0, 1, 2, 3, ...Array.from({ length: steps }, (_, step) => 4 + 3 * step + 1)]);
    expect(ancestry.entries).toBe(4 + steps);
    expect(ancestry.placeOf(ancestry.entries - 1)).toBe(3 + steps);
    expect(ancestry.nextPlace(2)).toBe(4 + steps);
    const mask = new Float32Array(ancestry.entries + 2).fill(HIDDEN);
    ancestry.write(mask, 1, 0);
    expect([...mask]).toEqual([HIDDEN, ...new Array(ancestry.entries).fill(0), HIDDEN]);
  });

  it('that some beam sees stay', () => {
    const ancestry = new Ancestry();
    ancestry.follow([0, 0]);
    for (let step = 0; step < 200; step++) {
      ancestry.append();
      ancestry.follow([0, 1]);
      expect(ancestry.forget()).toBeUndefined();
    }
    expect(ancestry.entries).toBe(400);
  });
});

it('the chunks of a prompt are of 64 tokens, and its rest is padded to 16 or is of 4 at most', () => {
  const shown = (length: number) =>
    planChunks(length).map(({ first, count, perRow }) => [first, count, perRow]);
  expect(shown(0)).toEqual([]);
  expect(shown(4)).toEqual([[0, 4, 4]]);
  expect(shown(5)).toEqual([[0, 5, 16]]);
  expect(shown(64)).toEqual([[0, 64, 64]]);
  expect(shown(147)).toEqual([
    [0, 64, 64],
    [64, 64, 64],
    [128, 19, 32],
  ]);
});
