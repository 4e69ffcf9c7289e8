import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CrfViterbi } from '../../../../layers/engine/src/runtimes/allennlp/decoding/crf-viterbi.ts';

const TAGS = 3;
const sixteenths = (count: number) =>
  fc.array(
    fc.integer({ min: -64, max: 64 }).map((value) => value / 16),
    { minLength: count, maxLength: count },
  );

/** Every path with its score, best first. */
function allPaths(logits: readonly number[], transitions: readonly number[], tokens: number) {
  const states = TAGS + 2;
  const from = (a: number, b: number) => transitions[a * states + b] ?? Number.NaN;
  let paths = [{ tags: [] as number[], score: 0, last: TAGS }];
  for (let token = 0; token < tokens; token++) {
    paths = paths.flatMap(({ tags, score, last }) =>
      [0, 1, 2].map((tag) => ({
        tags: [...tags, tag],
        score: score + from(last, tag) + (logits[token * TAGS + tag] ?? Number.NaN),
        last: tag,
      })),
    );
  }
  return paths
    .map(({ tags, score, last }) => ({ tags, score: score + from(last, TAGS + 1) }))
    .sort((a, b) => b.score - a.score);
}

const rowsOf = (transitions: readonly number[]) => (from: number) =>
  new Float32Array(transitions.slice(from * (TAGS + 2), (from + 1) * (TAGS + 2)));
const noTransitions = () => new Float32Array(TAGS + 2);
const ones = (tokens: number) => new Float32Array(tokens).fill(1);

describe('CrfViterbi', () => {
  it('finds the best path of all, and the next best ones with their scores', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }).chain((tokens) => sixteenths(tokens * TAGS)),
        sixteenths((TAGS + 2) ** 2),
        fc.integer({ min: 1, max: 5 }),
        (logits, transitions, topK) => {
          const tokens = logits.length / TAGS;
          const decoder = new CrfViterbi(rowsOf(transitions), TAGS, topK);
          const found = decoder.decode(new Float32Array(logits), ones(tokens));
          const expected = allPaths(logits, transitions, tokens);
          expect(found.slice(0, expected.length).map(({ score }) => score)).toEqual(
            expected.slice(0, topK).map(({ score }) => score),
          );
          for (const { tags, score } of found.slice(0, expected.length)) {
            expect(expected).toContainEqual({ tags, score });
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('goes on with sequences that cost as much as what is forbidden, but with none through the start or the end', () => {
    const decoder = new CrfViterbi(noTransitions, TAGS, 20);
    const found = decoder.decode(new Float32Array([1, 3, 2]), ones(1));
    expect(found.slice(0, 3)).toEqual([
      { tags: [1], score: 3 },
      { tags: [2], score: 2 },
      { tags: [0], score: 1 },
    ]);
    expect(found.slice(3).every(({ score }) => score < -9000)).toBe(true);
    expect(found.flatMap(({ tags }) => tags).every((tag) => tag < TAGS)).toBe(true);
  });

  it('leaves out the tokens that the mask leaves out', () => {
    const decoder = new CrfViterbi(noTransitions, TAGS, 1);
    const logits = new Float32Array([9, 0, 0, 0, 9, 0, 0, 0, 9]);
    const [path] = decoder.decode(logits, new Float32Array([1, 0, 1]));
    expect(path).toEqual({ tags: [0, 2], score: 18 });
  });

  it('gives the same path whatever it decoded before', () => {
    const decoder = new CrfViterbi(noTransitions, TAGS, 2);
    const logits = new Float32Array([1, 2, 3, 3, 2, 1]);
    const before = decoder.decode(logits, ones(2));
    decoder.decode(new Float32Array(30).fill(7), ones(10));
    expect(decoder.decode(logits, ones(2))).toEqual(before);
  });
});
