/** The helper that compares answers bit for bit must be able to fail. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../fixtures/random.ts';
import {
  type Answer,
  atOnce,
  cutAtRandom,
  differenceOf,
  findBitDifferences,
  randomTexts,
  shuffled,
} from '../../fixtures/same-bits.ts';

const next = (value: number): number => {
  const bits = new Float64Array([value]);
  new BigInt64Array(bits.buffer)[0] = (new BigInt64Array(bits.buffer)[0] ?? 0n) + 1n;
  return bits[0] ?? 0;
};

describe('the comparison of bits', () => {
  it('names the first value that differs in its last bit', () => {
    const answer = { label: 'a', scores: [0.5, 0.1] };
    expect(differenceOf(answer, structuredClone(answer))).toBeUndefined();
    expect(differenceOf(answer, { label: 'a', scores: [0.5, next(0.1)] })).toBe(
      'scores[1]: 0.1 is not 0.10000000000000002',
    );
  });

  it('tells 0 from -0, takes NaN for NaN, and sees what only one of them has', () => {
    expect(differenceOf([0], [-0])).toBe('[0]: 0 is not 0');
    expect(differenceOf({ x: Number.NaN }, { x: Number.NaN })).toBeUndefined();
    expect(differenceOf({}, { x: 1 })).toBe('x: undefined is not 1');
    expect(differenceOf([1], [1, 2])).toBe('[1]: undefined is not 2');
    expect(differenceOf([], {})).toBeDefined();
  });

  it('compares tensors by their values, not by the memory that they are views of', () => {
    const memory = Float32Array.of(9, 1, 2);
    expect(differenceOf(memory.subarray(1), Float32Array.of(1, 2))).toBeUndefined();
    expect(differenceOf({ data: memory }, { data: Float32Array.of(9, 1, 3) })).toBe('data[2]: 2 is not 3');
    expect(differenceOf(memory, memory.subarray(1))).toBe('.length: 3 is not 2');
  });
});

describe('the search for differences', () => {
  const random = () => new Random(5);
  const square: Answer<number> = async (inputs) => inputs.map((value) => ({ square: value * value }));
  const inputs = [1, 2, 3, 4, 5, 6, 7];

  it('finds none where neighbours do not matter, and asks everyone for every input in each round', async () => {
    const asked: number[] = [];
    const watched: Answer<number> = (call) => {
      asked.push(...call);
      return square(call);
    };
    const others = { watched, 'at once': atOnce(square, random()) };
    expect(await findBitDifferences({ inputs, alone: square, others, random: random(), rounds: 3 })).toEqual(
      [],
    );
    expect(asked.toSorted()).toEqual(inputs.flatMap((value) => [value, value, value]));
  });

  it('finds every input whose neighbours move it by one bit', async () => {
    const moved: Answer<number> = async (call) =>
      call.map((value) => ({ square: call.length > 1 ? next(value * value) : value * value }));
    const differences = await findBitDifferences({
      inputs,
      alone: moved,
      others: { moved },
      random: random(),
    });
    expect(differences.length).toBeGreaterThan(3);
    for (const { who, input, together, at } of differences) {
      expect(who).toBe('moved');
      expect(together).toBeGreaterThan(1);
      expect(at).toContain(`square: ${(inputs[input] ?? 0) ** 2} is not`);
    }
  });

  it('does not pass for want of inputs', async () => {
    const none = { inputs: [], alone: square, others: { square }, random: random() };
    await expect(findBitDifferences(none)).rejects.toThrow('nothing to compare');
  });

  it('cuts and shuffles without losing an item, and makes texts of many lengths', () => {
    expect(cutAtRandom(inputs, 3, random()).flat()).toEqual(inputs);
    expect(shuffled(inputs, random()).toSorted()).toEqual(inputs);
    const lengths = randomTexts(200, 100, random()).map((text) => text.split(' ').length);
    expect(Math.min(...lengths)).toBe(1);
    expect(Math.max(...lengths)).toBeGreaterThan(80);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(100);
  });
});
