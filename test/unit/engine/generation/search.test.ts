import { createSearch } from '@pilotlight/engine/internal/runtimes/generation/search/create-search';
import type { SearchContext } from '@pilotlight/engine/internal/runtimes/generation/search/search-context';
import type { SearchOptions } from '@pilotlight/engine/internal/runtimes/generation/search/search-options';
import { describe, expect, it, test } from 'vitest';
import { type Logits, runSearch, SearchRun, tableModel } from '../../../support/generation/run-search.ts';
import { plainOptions, plainSampling } from '../../../support/generation/search-options.ts';

const VOCABULARY = 12;
const EOS = 0;
const random = tableModel(11, VOCABULARY);

function open(options: Partial<SearchOptions>, context: Partial<SearchContext> = {}) {
  return createSearch(plainOptions({ eos: [EOS], ...options }), {
    prompt: [3, 4],
    vocabSize: VOCABULARY,
    ...context,
  });
}

function generate(
  options: Partial<SearchOptions>,
  context: Partial<SearchContext> = {},
  logits: Logits = random,
) {
  const search = open(options, context);
  const run = runSearch(search, logits);
  return { found: search.found, told: run.told, steps: run.asked.length };
}

/** Says the ids one after the other, as its best by far. */
function saying(...ids: readonly number[]): Logits {
  return (newIds) =>
    Float32Array.from({ length: VOCABULARY }, (_, id) => (id === ids[newIds.length] ? 9 : -id / 9));
}

const searches: readonly (readonly [string, Partial<SearchOptions>])[] = [
  ['the best token', {}],
  ['samples', { sampling: plainSampling({ seed: 1, topK: 5 }), numReturnSequences: 3 }],
  ['beams', { numBeams: 3, numReturnSequences: 2 }],
];

describe('a sequence ends', () => {
  test.each([1, 4])('by an end token, which is its last id, with %i beams', (numBeams) => {
    const { found, steps } = generate({ numBeams, earlyStopping: true, eos: [8, EOS] }, {}, saying(5, 6, 8));
    expect(found[0]).toMatchObject({ ids: [5, 6, 8], finish: 'eos_token' });
    expect(steps).toBeGreaterThanOrEqual(3);
  });

  test.each([1, 4])('at once where the first token is an end token, with %i beams', (numBeams) => {
    const { found } = generate({ numBeams }, {}, saying(EOS));
    expect(found[0]).toMatchObject({ ids: [EOS], finish: 'eos_token' });
  });

  test.each([1, 4])('by its length, with %i beams', (numBeams) => {
    for (const maxNewTokens of [1, 3]) {
      const { found, steps } = generate({ numBeams, maxNewTokens }, {}, saying(5, 6, 7, 8));
      expect(found[0]).toMatchObject({ ids: [5, 6, 7].slice(0, maxNewTokens), finish: 'length' });
      expect(steps).toBe(maxNewTokens);
    }
  });

  test.each([1, 4])('by a stop string, whose token stays, with %i beams', (numBeams) => {
    const seen: (readonly number[])[] = [];
    const stops = {
      completes(prompt: readonly number[], newIds: readonly number[]) {
        seen.push(prompt);
        return newIds.at(-1) === 7;
      },
    };
    const { found } = generate({ numBeams }, { stops }, saying(5, 6, 7, 8));
    expect(found[0]).toMatchObject({ ids: [5, 6, 7], finish: 'stop_sequence' });
    expect(seen[0]).toEqual([3, 4]);
  });

  test.each([1, 4])('where no token may come, with %i beams', (numBeams) => {
    const suppress = Array.from({ length: VOCABULARY }, (_, id) => id);
    const { found, told } = generate({ numBeams, suppress });
    expect(found).toEqual([{ ids: [], logprobs: [], score: 0, finish: 'length' }]);
    expect(told).toEqual([]);
  });
});

describe('a search that is stopped', () => {
  test.each(searches)('before its first step has at least one sequence, without ids: %s', (_, options) => {
    const search = open(options);
    expect(search.found).toEqual([]);
    search.stop('cancelled');
    expect(search.found[0]).toEqual({ ids: [], logprobs: [], score: 0, finish: 'cancelled' });
  });

  test.each(searches)('has what it has: %s', (_, options) => {
    const search = open({ ...options, eos: [] });
    const run = new SearchRun(search);
    let texts: readonly (readonly number[])[] = [[]];
    for (let step = 0; step < 3; step++) {
      run.step(texts.map(random));
      texts = run.rows.map(({ id, parent }) => [...(texts[parent] ?? []), id ?? -1]);
    }
    search.stop('deadline');
    expect(search.found).toHaveLength(options.numReturnSequences ?? 1);
    for (const { ids, finish } of search.found) {
      expect(finish).toBe('deadline');
      expect(texts).toContainEqual(ids);
    }
  });
});

describe('a search tells', () => {
  it('each token of the best text when it is taken, and its samples by their numbers', () => {
    const sampling = plainSampling({ seed: 5, topK: 6 });
    const { found, told } = generate({ sampling, numReturnSequences: 3, maxNewTokens: 4 });
    for (const [number, { ids, logprobs, score }] of found.entries()) {
      const own = told.filter(({ sequence }) => sequence === number);
      expect(own.map(({ id }) => id)).toEqual(ids);
      expect(own.map(({ logprob }) => logprob)).toEqual(logprobs);
      expect(score).toBeCloseTo(
        logprobs.reduce((sum, each) => sum + each, 0),
        10,
      );
    }
    expect(told.slice(0, 3).map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
  });

  it('all tokens of beams at their end, with the best in the place of each', () => {
    const search = open({ numBeams: 3, numReturnSequences: 2, topTokens: 2, maxNewTokens: 4 });
    const run = runSearch(search, random);
    expect(run.told.map(({ id }) => id)).toEqual(search.found.flatMap(({ ids }) => ids));
    for (const { top = [] } of run.told) {
      expect(top).toHaveLength(2);
      expect(top[0]?.[1]).toBeGreaterThanOrEqual(top[1]?.[1] ?? 0);
    }
  });

  it('no more of the best tokens than may come', () => {
    const badWords = Array.from({ length: VOCABULARY - 2 }, (_, id) => [id + 2]);
    const { told } = generate({ badWords, topTokens: 5, maxNewTokens: 1 });
    expect(told[0]?.top?.map(([id]) => id).sort()).toEqual([0, 1]);
  });
});

describe('a step is asked for', () => {
  const asks = (options: Partial<SearchOptions>, context: Partial<SearchContext> = {}) => {
    const { top, bias, logits = false } = open(options, context).asks;
    return { top, bias: bias?.length, logits };
  };

  test.each<[string, Partial<SearchOptions>, object]>([
    ['the best token alone', {}, { top: 1 }],
    ['as many of the best as are told', { topTokens: 4 }, { top: 4 }],
    ['two candidates for each beam', { numBeams: 3 }, { top: 6 }],
    ['more candidates where there are more end tokens', { numBeams: 3, eos: [0, 1, 2] }, { top: 12 }],
    ['as many more as beams may lose', { numBeams: 2, badWords: [[5], [6]] }, { top: 6 }],
    ['no more than the vocabulary has', { numBeams: 8 }, { top: VOCABULARY }],
    [
      'what top_k leaves, and some that may equal its last',
      { sampling: plainSampling({ topK: 2 }) },
      { top: 10 },
    ],
    ['what the graph adds for bad words', { badWords: [[5]] }, { top: 1, bias: VOCABULARY }],
    [
      'what it adds for beams that are normalised again',
      { numBeams: 2, renormalize: true, badWords: [[5]] },
      { top: 4, bias: VOCABULARY },
    ],
    ['all logits for a repetition penalty', { repetitionPenalty: 1.2 }, { top: 0, logits: true }],
    [
      'no logits for one of beams, where it can only lower',
      { numBeams: 2, repetitionPenalty: 1.2 },
      { top: 6 },
    ],
    ['all logits for one that raises', { numBeams: 2, repetitionPenalty: 0.9 }, { top: 0, logits: true }],
    [
      'all logits for top_p without top_k',
      { sampling: plainSampling({ topP: 0.9 }) },
      { top: 0, logits: true },
    ],
    [
      'nothing of account where a token is forced',
      { forcedEos: [0], maxNewTokens: 1, repetitionPenalty: 2 },
      { top: 1 },
    ],
  ])('%s', (_, options, expected) => {
    expect(asks(options)).toEqual({ bias: undefined, logits: false, ...expected });
  });

  it('all logits where nothing may come, of which the graph would make no numbers', () => {
    const all = Array.from({ length: VOCABULARY }, (_, id) => id);
    for (const [, options] of searches) {
      const { found, steps } = generate({ ...options, suppress: all });
      expect(steps).toBe(1);
      for (const { ids, finish } of found) expect([ids, finish]).toEqual([[], 'length']);
    }
    expect(asks({ suppress: all })).toEqual({ top: 0, bias: undefined, logits: true });
  });

  it('anew after each step: bad words of several tokens need a bias only where they may end', () => {
    const run = runSearch(open({ badWords: [[6, 7]] }), saying(5, 6, 8, EOS));
    expect(run.asked).toEqual(['top', 'top', 'bias', 'top']);
  });
});

describe('a grammar', () => {
  /** Lets even and odd ids take turns, and the end token come behind three. */
  const constraint = {
    restrict(ids: readonly number[], bias: Float32Array) {
      expect(bias.every((value) => value === 0)).toBe(true);
      for (let id = 1; id < bias.length; id++)
        if (id % 2 === ids.length % 2) bias[id] = Number.NEGATIVE_INFINITY;
      if (ids.length < 3) bias[EOS] = Number.NEGATIVE_INFINITY;
    },
  };

  test.each(searches)('is followed by every sequence: %s', (_, options) => {
    const { found } = generate({ ...options, maxNewTokens: 6 }, { constraint });
    expect(found.length).toBeGreaterThan(0);
    for (const { ids } of found) {
      for (const [place, id] of ids.entries())
        expect(id === EOS ? place >= 3 : id % 2 !== place % 2).toBe(true);
    }
  });

  test.each([false, true])(
    'goes before what would leave no token, whole logits read: %s',
    (removeInvalid) => {
      const suppress = [1, 3, 5, 7, 9, 11];
      const { found } = generate(
        { suppress, maxNewTokens: 1, repetitionPenalty: removeInvalid ? 1.1 : 1 },
        { constraint },
      );
      expect(suppress).toContain(found[0]?.ids[0]);
    },
  );
});

it('penalties of OpenAI lower what is among the new tokens, by its count', () => {
  const flat: Logits = () =>
    Float32Array.from({ length: VOCABULARY }, (_, id) => (id === 5 ? 1 : id === 6 ? 0.7 : -5));
  const ids = (options: Partial<SearchOptions>) =>
    generate({ maxNewTokens: 6, ...options }, { prompt: [5, 6] }, flat).found[0]?.ids;
  expect(ids({})).toEqual([5, 5, 5, 5, 5, 5]);
  // 1 - 0.5 < 0.7, then both have come: the first is the best again.
  expect(ids({ presencePenalty: 0.5 })).toEqual([5, 6, 5, 5, 5, 5]);
  // 1, 0.7, 0.8, 0.5, 0.6, 0.4 by turns.
  expect(ids({ frequencyPenalty: 0.2 })).toEqual([5, 5, 6, 5, 6, 5]);
});

it('32 beams over a vocabulary that is smaller than they are end at their length', () => {
  const { found } = generate({ numBeams: 32, numReturnSequences: 32, maxNewTokens: 4 });
  expect(found).toHaveLength(32);
  expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(32);
});
