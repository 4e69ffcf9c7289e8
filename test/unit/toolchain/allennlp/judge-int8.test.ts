import { describe, expect, it } from 'vitest';
import { judgeInt8 } from '../../../../model-assets/toolchain/src/allennlp/package/judge-int8.ts';

/** A model that answers each input with `answer` after so many milliseconds. */
const model = (answer: object, ms: number) => ({
  predict: async (inputs: unknown) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const results = (Array.isArray(inputs) ? inputs : [inputs]).map(() => answer);
    const timings = { tokenizeMs: 0, queueMs: 0, inferMs: 0, postprocessMs: 0 };
    const tokens = { total: 0, padded: 0, truncated: 0 };
    return { results, timings, tokens, truncated: [], model: { name: 'm', version: '1.0.0', variant: 'v' } };
  },
});
const answer = { label: 'a', probs: [0.5] };
const goldens = [{ input: { sentence: 'x' }, output: answer }];

describe('an int8 variant of an archive', () => {
  it('is good enough where it decides as fp32 does and is faster', async () => {
    const judged = await judgeInt8(model(answer, 12), model({ label: 'a', probs: [0.51] }, 1), goldens);
    expect(judged.reason).toBeUndefined();
    expect(judged.largestDifference).toBeCloseTo(0.01, 6);
    expect(judged.speedup).toBeGreaterThan(1.1);
  });

  it.each([
    [{ label: 'b', probs: [0.5] }, 1, /decides otherwise than fp32: \.label/],
    [{ label: 'a', probs: [0.9] }, 1, /off by up to 0\.40/],
    [answer, 30, /times as fast as fp32, which gains nothing/],
  ])('is left out where it answers %j after %i ms', async (other, ms, reason) => {
    expect((await judgeInt8(model(answer, 12), model(other, ms), goldens)).reason).toMatch(reason);
  });
});
