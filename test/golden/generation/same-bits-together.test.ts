/** A text and its scores are the same to the last bit whoever is generated beside it: alone, or among many that come and go. */
import type { TokenRequest } from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-port';
import type { BuiltGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { describe, expect, it } from 'vitest';
import { Random } from '../../fixtures/random.ts';
import { cases, LONG } from '../../scale.ts';
import { openDecoder } from '../../support/generation/open-generator.ts';
import { quantiseGenerator } from '../../support/generation/quantise-generator.ts';
import { buildReference, hasGenerators } from '../../support/generation/references.ts';
import { runAlone, runTogether } from '../../support/generation/run-decoder.ts';
import { plainOptions, plainSampling } from '../../support/generation/search-options.ts';
import { temporaryFolder } from '../../unit/toolchain/temporary-folder.ts';

/** Families of each kind: learned positions, rotary and grouped heads, windows, relative bias, and those with an encoder. */
const FAMILIES = ['gpt2', 'llama', 'gemma3', 't5', 'marian'];

function randomRequest(random: Random, { decoder }: BuiltGenerator): TokenRequest {
  const { vocabSize, cross, maxPositions = 200 } = decoder;
  const ids = (most: number) => Array.from({ length: 1 + random.below(most) }, () => random.below(vocabSize));
  const longest = Math.min(maxPositions, 200) - 24;
  const prompt = ids(random.pick([4, 30, longest]));
  const kind = random.pick(['greedy', 'greedy', 'beams', 'sampling', 'samples']);
  const options = plainOptions({
    maxNewTokens: 1 + random.below(24),
    eos: [random.below(vocabSize), random.below(vocabSize)],
    repetitionPenalty: random.pick([1, 1, 1.3]),
    noRepeatNgramSize: random.pick([0, 0, 2]),
    ...(kind === 'beams' && { numBeams: 4, numReturnSequences: 2 }),
    ...(kind === 'sampling' && {
      sampling: plainSampling({ seed: random.below(1000), topK: 20, topP: 0.9 }),
    }),
    ...(kind === 'samples' && {
      numReturnSequences: 3,
      sampling: plainSampling({ seed: random.below(1000) }),
    }),
  });
  if (!cross) return { input: prompt, options };
  return {
    input: ids(Math.min(cross.maxTokens ?? 60, 60)),
    start: prompt.slice(0, random.pick([1, 2, 20])),
    options,
  };
}

const scratch = temporaryFolder();

const CASES = [
  ...FAMILIES.map((family) => [family, 'fp32'] as const),
  ...(LONG ? FAMILIES : ['gpt2']).map((family) => [family, 'int8-rows'] as const),
  ...(LONG ? FAMILIES : ['t5']).map((family) => [family, 'int8-static-rows'] as const),
];

describe.skipIf(!hasGenerators)('together and alone (skipped without ../shared/references)', () => {
  it.each(CASES)(
    'texts and scores have the same bits: %s in %s',
    { timeout: 300_000 },
    async (family, form) => {
      const random = new Random(7);
      const fp32 = buildReference(family);
      const count = cases({ short: form === 'fp32' ? 24 : 10, long: 500 });
      const requests = Array.from({ length: count }, () => randomRequest(random, fp32));
      const built =
        form === 'fp32' ? fp32 : await quantiseGenerator(fp32, form, requests.slice(0, 6), scratch);
      const alone = await openDecoder(built, { slots: 1 });
      const together = await openDecoder(built, { slots: 12 });
      const expected = await runAlone(alone, requests);
      const ends = await runTogether(together, requests, random);
      for (const [index, end] of ends.entries()) {
        expect(end.found, `request ${index}`).toStrictEqual(expected[index]?.found);
      }
      expect(together.load).toMatchObject({ running: 0, waiting: 0 });
      await Promise.all([alone.dispose(), together.dispose()]);
    },
  );
});
