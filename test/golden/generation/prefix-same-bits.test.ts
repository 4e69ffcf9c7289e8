/** A text and its scores are the same to the last bit whether its prompt was read whole, or its first chunks were left by earlier prompts. */
import type { TokenRequest } from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-port';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures/random.ts';
import { cases } from '../../scale.ts';
import { LONG_MODELS, VOCABULARY } from '../../support/generation/long-models.ts';
import { openDecoder } from '../../support/generation/open-generator.ts';
import { quantiseGenerator } from '../../support/generation/quantise-generator.ts';
import { type End, runAlone, runTogether } from '../../support/generation/run-decoder.ts';
import { plainOptions, plainSampling } from '../../support/generation/search-options.ts';
import { temporaryFolder } from '../../unit/toolchain/temporary-folder.ts';

function randomIds(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.below(VOCABULARY));
}

/** Prompts that several calls begin with; the second begins with most of the first. */
function fixedPrompts(random: Random): readonly [readonly number[], readonly number[], readonly number[]] {
  const first = randomIds(random, 330);
  return [first, [...first.slice(0, 140), ...randomIds(random, 120)], randomIds(random, 64)];
}

/** Most prompts are the begin of a fixed one and a rest of their own, which may be nothing. */
function randomRequest(random: Random, fixed: ReturnType<typeof fixedPrompts>): TokenRequest {
  const begin = random.pick(fixed);
  const shared = begin.slice(0, random.pick([0, 64, 128, 129, 200, begin.length, begin.length]));
  const input = [...shared, ...randomIds(random, random.below(shared.length < 64 ? 90 : 40))];
  const kind = random.pick(['greedy', 'greedy', 'beams', 'sampling', 'samples', 'scored']);
  const options = plainOptions({
    maxNewTokens: 1 + random.below(10),
    eos: [random.below(VOCABULARY)],
    repetitionPenalty: random.pick([1, 1, 1.3]),
    ...(kind === 'beams' && { numBeams: 4, numReturnSequences: 2 }),
    ...(kind === 'sampling' && { sampling: plainSampling({ seed: random.below(1000), topK: 20 }) }),
    ...(kind === 'samples' && {
      numReturnSequences: 3,
      sampling: plainSampling({ seed: random.below(1000) }),
    }),
  });
  return {
    input: input.length === 0 ? [1] : input,
    options,
    ...(kind === 'scored' && { promptLogprobs: true }),
  };
}

const withoutTimes = (ends: readonly End[]) => ends.map(({ timings: _, ...end }) => end);
const prefixTokens = (ends: readonly End[]) =>
  ends.reduce((sum, { timings }) => sum + timings.prefixTokens, 0);

const scratch = temporaryFolder();

it.each([
  ['gpt2', 'fp32'],
  ['llama', 'fp32'],
  ['mistral', 'fp32'],
  ['gpt2', 'int8-rows'],
  ['llama', 'int8-static-rows'],
] as const)(
  'texts and scores have the same bits with and without prefixes that are kept: %s in %s',
  { timeout: 300_000 },
  async (family, form) => {
    const random = new Random(11);
    const fixed = fixedPrompts(random);
    const count = cases({ short: 24, long: 400 });
    const requests = Array.from({ length: count }, () => randomRequest(random, fixed));
    const fp32 = LONG_MODELS[family]();
    const built = form === 'fp32' ? fp32 : await quantiseGenerator(fp32, form, requests.slice(0, 6), scratch);
    const whole = await openDecoder(built);
    const expected = await runAlone(whole, requests);
    expect(prefixTokens(expected)).toBe(0);
    // Enough for all, and so little that chunks come and go.
    for (const prefixBytes of [2 ** 26, 5 * 70_000]) {
      const decoder = await openDecoder(built, { prefixBytes });
      const alone = await runAlone(decoder, requests);
      expect(withoutTimes(alone)).toStrictEqual(withoutTimes(expected));
      const together = await runTogether(decoder, requests, random);
      expect(withoutTimes(together)).toStrictEqual(withoutTimes(expected));
      expect(prefixTokens(alone)).toBeGreaterThan(64 * 4);
      expect(prefixTokens(together)).toBeGreaterThan(64 * 4);
      await decoder.dispose();
    }
    await whole.dispose();
  },
);
