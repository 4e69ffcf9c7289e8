import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTags, type TagDecoding } from '../../../layers/engine/src/tasks/tag-decoding.ts';

const BIO = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
const BIOES = ['O', 'B-PER', 'I-PER', 'E-PER', 'S-PER'];

/** Whether a sequence is well formed, read by a grammar and not by pairs of labels. */
const GRAMMARS = {
  BIO: { labels: BIO, grammar: /^(?:O |B-PER (?:I-PER )*|B-LOC (?:I-LOC )*)*$/ },
  BIOES: { labels: BIOES, grammar: /^(?:O |S-PER |B-PER (?:I-PER )*E-PER )*$/ },
  BILOU: {
    labels: ['O', 'B-PER', 'I-PER', 'L-PER', 'U-PER'],
    grammar: /^(?:O |U-PER |B-PER (?:I-PER )*L-PER )*$/,
  },
  'bare labels beside BIO': {
    labels: ['O', 'DATE', 'B-PER', 'I-PER', 'I-MISC'],
    grammar: /^(?:O |DATE |I-MISC |B-PER (?:I-PER )*)*$/,
  },
} as const;

/** No two scores of a row are equal, and sums of them are exact. */
const rowsOf = ({ length }: readonly string[]) =>
  fc.array(fc.uniqueArray(fc.integer({ min: -500, max: 500 }), { minLength: length, maxLength: length }), {
    maxLength: 5,
  });
const total = (rows: readonly (readonly number[])[], path: readonly number[]) =>
  path.reduce((sum, label, step) => sum + (rows[step]?.[label] ?? Number.NaN), 0);
const named = (labels: readonly string[], path: readonly number[]) =>
  path.map((label) => labels[label] ?? '?');
const text = (names: readonly string[]) => names.map((name) => `${name} `).join('');

function everySequence(labels: number, length: number): number[][] {
  if (length === 0) return [[]];
  return everySequence(labels, length - 1).flatMap((start) =>
    Array.from({ length: labels }, (_, label) => [...start, label]),
  );
}

/** Decodes where nobody else waits. */
const decode = (rows: readonly ArrayLike<number>[], labels: readonly string[], decoding: TagDecoding) =>
  decodeTags(rows, labels, decoding, async () => {});

describe('labels chosen together', () => {
  it.each(Object.entries(GRAMMARS))(
    'are the most probable of all well-formed sequences of %s',
    async (_scheme, { labels, grammar }) => {
      const wellFormed = [0, 1, 2, 3, 4, 5].map((length) =>
        everySequence(labels.length, length).filter((path) => grammar.test(text(named(labels, path)))),
      );
      await fc.assert(
        fc.asyncProperty(rowsOf(labels), async (rows) => {
          const path = await decode(rows, labels, 'constrained');
          expect(text(named(labels, path))).toMatch(grammar);
          const best = Math.max(...(wellFormed[rows.length] ?? []).map((other) => total(rows, other)));
          expect(total(rows, path)).toBe(best);
        }),
        { numRuns: 100 },
      );
    },
  );

  it('are those that each would have by itself where these are well formed', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(BIO), async (rows) => {
        const alone = await decode(rows, BIO, 'argmax');
        fc.pre(GRAMMARS.BIO.grammar.test(text(named(BIO, alone))));
        expect(await decode(rows, BIO, 'constrained')).toEqual(alone);
      }),
    );
  });

  it('keep a name in one piece, whose second word alone would begin another', async () => {
    const rows = [
      [0.05, 0.9, 0.0, 0.05, 0.0],
      [0.05, 0.05, 0.44, 0.0, 0.46],
      [0.05, 0.05, 0.8, 0.05, 0.05],
    ].map((row) => row.map((probability) => Math.log(probability)));
    expect(named(BIO, await decode(rows, BIO, 'argmax'))).toEqual(['B-PER', 'I-LOC', 'I-PER']);
    expect(named(BIO, await decode(rows, BIO, 'constrained'))).toEqual(['B-PER', 'I-PER', 'I-PER']);
  });

  it('are those that each would have by itself where no sequence is well formed', async () => {
    const labels = ['B-PER', 'E-PER'];
    expect(await decode([[0, 1]], labels, 'constrained')).toEqual([1]);
    expect(await decode([[1, 0]], labels, 'constrained')).toEqual([0]);
    expect(await decode([], labels, 'constrained')).toEqual([]);
  });

  it('are the first of those that are equally probable, as each by itself is', async () => {
    const equal = [
      [1, 1, 1, 1, 1],
      [1, 1, 1, 1, 1],
    ];
    expect(named(BIO, await decode(equal, BIO, 'constrained'))).toEqual(['O', 'O']);
    expect(named(BIO, await decode(equal, BIO, 'argmax'))).toEqual(['O', 'O']);
  });
});

describe('choosing labels', () => {
  it.each(['argmax', 'constrained'] as const)(
    'lets others go before each sixteen rows: %s',
    async (decoding) => {
      for (const [rows, expected] of [
        [0, 0],
        [16, 1],
        [33, 3],
      ]) {
        let looks = 0;
        const giveWay = async () => {
          looks += 1;
        };
        await decodeTags(
          Array.from({ length: rows ?? 0 }, () => [0, 1, 2, 3, 4]),
          BIO,
          decoding,
          giveWay,
        );
        expect(looks).toBe(expected);
      }
    },
  );
});
