import { createSearch } from '@pilotlight/engine/internal/runtimes/generation/search/create-search';
import type { SearchOptions } from '@pilotlight/engine/internal/runtimes/generation/search/search-options';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cases } from '../../../scale.ts';
import { oracleBeams, oracleGreedy } from '../../../support/generation/oracle-search.ts';
import { runSearch, tableModel } from '../../../support/generation/run-search.ts';
import { plainOptions } from '../../../support/generation/search-options.ts';

const VOCABULARY = 24;
const RUNS = { numRuns: cases({ short: 250, long: 3000 }) };

const id = fc.integer({ min: 3, max: VOCABULARY - 1 });
const word = fc.array(id, { minLength: 1, maxLength: 3 });
const maybe = <Value>(value: fc.Arbitrary<Value>, otherwise: Value) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: value });

/** Most options are off most of the time, so that each way of reading scores is taken. Ids 0 to 2 are end tokens. */
const processing = fc.record({
  maxNewTokens: fc.integer({ min: 1, max: 10 }),
  minNewTokens: maybe(fc.integer({ min: 1, max: 6 }), 0),
  eos: fc.constantFrom([0], [0, 1], [0, 1, 2]),
  repetitionPenalty: maybe(fc.constantFrom(0.7, 1.3), 1),
  encoderRepetitionPenalty: maybe(fc.constantFrom(0.7, 1.3), 1),
  presencePenalty: maybe(fc.constantFrom(-0.7, 0.6), 0),
  frequencyPenalty: maybe(fc.constantFrom(-0.7, 0.6), 0),
  noRepeatNgramSize: maybe(fc.integer({ min: 1, max: 3 }), 0),
  encoderNoRepeatNgramSize: maybe(fc.integer({ min: 1, max: 3 }), 0),
  badWords: maybe(fc.array(word, { minLength: 1, maxLength: 3 }), []),
  suppress: maybe(fc.array(id, { minLength: 1, maxLength: 3 }), []),
  beginSuppress: maybe(fc.array(id, { minLength: 1, maxLength: 3 }), []),
  sequenceBias: maybe(
    fc.uniqueArray(fc.tuple(word, fc.constantFrom(-2.1, 1.7)), {
      minLength: 1,
      maxLength: 3,
      selector: ([ids]) => ids.join(),
    }),
    [],
  ),
  logitBias: maybe(
    fc.uniqueArray(fc.tuple(id, fc.constantFrom(-3.1, 2.2)), { maxLength: 3, selector: ([one]) => one }),
    [],
  ),
  forcedBos: maybe<number | undefined>(id, undefined),
  forcedEos: maybe<number[] | undefined>(fc.constantFrom([0], [0, 1]), undefined),
  exponentialDecay: maybe<[number, number] | undefined>(fc.constantFrom([1, 1.5], [0, 0.8]), undefined),
});

const inputs = fc.record({
  seed: fc.nat(),
  prompt: fc.array(id, { minLength: 1, maxLength: 4 }),
  source: fc.array(id, { minLength: 1, maxLength: 6 }),
  stop: maybe<number | undefined>(id, undefined),
  more: fc.integer({ min: 0, max: 5 }),
});

interface Given {
  readonly seed: number;
  readonly prompt: readonly number[];
  readonly source: readonly number[];
  readonly stop?: number | undefined;
  readonly more: number;
}

function search(options: SearchOptions, { seed, prompt, source, stop, more }: Given) {
  const stops = (newIds: readonly number[]): boolean => newIds.at(-1) === stop;
  const logits = tableModel(seed, VOCABULARY);
  const found = createSearch(options, {
    prompt,
    source,
    vocabSize: VOCABULARY,
    stops: { completes: (_, newIds) => stops(newIds) },
  });
  const ran = runSearch(found, logits, more);
  return {
    found: found.found,
    told: ran.told,
    asked: ran.asked,
    steps: ran.asked.length,
    oracle: { options, prompt, source, logits, stops },
  };
}

it('the best token of each step is that of whole vectors, whatever processors there are', () => {
  const ways = new Set<string>();
  fc.assert(
    fc.property(processing, inputs, (options, given) => {
      const { found, told, asked, oracle } = search(plainOptions(options), given);
      for (const way of asked) ways.add(way);
      const expected = oracleGreedy(oracle);
      expect(found.map(({ ids }) => ids)).toEqual([expected.ids]);
      expect(told.map((token) => token.id)).toEqual(expected.ids);
      expect(found[0]?.score).toBeCloseTo(expected.score, 4);
    }),
    RUNS,
  );
  expect(ways).toEqual(new Set(['top', 'bias', 'logits']));
});

it('beams find the sequences and take the steps of a search over whole vectors', () => {
  const beams = fc.record({
    numBeams: fc.integer({ min: 2, max: 5 }),
    lengthPenalty: fc.constantFrom(-1, 0, 0.6, 1, 2),
    earlyStopping: fc.constantFrom<boolean | 'never'>(true, false, 'never'),
    renormalize: fc.boolean(),
    returned: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const ways = new Set<string>();
  fc.assert(
    fc.property(processing, beams, inputs, (options, { returned, ...settings }, given) => {
      const numReturnSequences = 1 + Math.floor(returned * (settings.numBeams - 1));
      const { found, told, steps, asked, oracle } = search(
        plainOptions({ ...options, ...settings, numReturnSequences }),
        given,
      );
      for (const way of asked) ways.add(way);
      const expected = oracleBeams(oracle);
      const real = expected.found.filter(({ score }) => score > -1e8);
      if (real.length === 0) {
        expect(found.every(({ finish }) => finish === 'length')).toBe(true);
        return;
      }
      expect(found.map(({ ids }) => ids)).toEqual(real.map(({ ids }) => ids));
      for (const [rank, { score }] of found.entries())
        expect(score).toBeCloseTo(real[rank]?.score ?? Number.NaN, 4);
      expect(steps).toBe(expected.steps);
      expect(told.map((token) => token.id)).toEqual(found.flatMap(({ ids }) => ids));
    }),
    RUNS,
  );
  expect(ways).toEqual(new Set(['top', 'bias', 'logits']));
});
