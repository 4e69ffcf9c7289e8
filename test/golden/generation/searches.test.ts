/** Every call of `generate` of the references, by a search over the graphs: tokens, scores and the number of steps. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSearch } from '@pilotlight/engine/internal/runtimes/generation/search/create-search';
import { parseSearchParameters } from '@pilotlight/engine/internal/runtimes/generation/search/parameters';
import { resolveOptions } from '@pilotlight/engine/internal/runtimes/generation/search/resolve-options';
import type { FoundSequence } from '@pilotlight/engine/internal/runtimes/generation/search/search';
import { createStopMatcher } from '@pilotlight/engine/internal/runtimes/generation/text/stop-matcher';
import type { TokenTable } from '@pilotlight/engine/internal/runtimes/generation/text/token-table';
import { TokenVocabulary } from '@pilotlight/engine/internal/runtimes/generation/text/token-vocabulary';
import type { GenerationFacts } from '@pilotlight/model-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cases, LONG } from '../../scale.ts';
import {
  buildReference,
  GENERATORS,
  type GenerationCase,
  hasGenerators,
  readJson,
  readReference,
} from '../../support/generation/references.ts';
import { SearchRun } from '../../support/generation/run-search.ts';
import { fork, type Sequence, StepRunner } from '../../support/generation/run-steps.ts';

/** `npm test` runs a sample of two families, by beams for the most part; all cases run through the engine besides. */
const SAMPLE = ['gpt2', 't5'];
const EVERY = cases({ short: 3, long: 1 });

const families = (hasGenerators ? readdirSync(GENERATORS) : []).filter(
  (family) => (LONG || SAMPLE.includes(family)) && existsSync(join(GENERATORS, family, 'reference.json')),
);

const idOrIds = z.union([z.number().transform((id) => [id]), z.array(z.number())]);
const factsSchema = z.looseObject({
  eos_token_id: idOrIds,
  bos_token_id: z.number().optional(),
  decoder_start_token_id: z.number().optional(),
});
const beamsSchema = z.object({
  sequences_scores: z.array(z.number()),
  generated_lengths: z.array(z.number()),
  token_scores: z.array(z.array(z.number())),
  steps_run: z.number().optional(),
});

function factsOf(family: string): GenerationFacts {
  const defaults = factsSchema.parse(readJson(family, 'generation_config.json'));
  return {
    eos: defaults.eos_token_id,
    ...(defaults.bos_token_id !== undefined && { bos: defaults.bos_token_id }),
    ...(defaults.decoder_start_token_id !== undefined && { decoderStart: defaults.decoder_start_token_id }),
    defaults,
  };
}

/** What stop strings go by; a checkpoint whose tokenizer the toolchain must build first has its stop strings tested with packages. */
function tableOf(family: string): TokenTable | undefined {
  const file = join(GENERATORS, family, 'tokenizer.json');
  return existsSync(file) ? new TokenVocabulary(readJson(family, 'tokenizer.json')).table : undefined;
}

describe.skipIf(!hasGenerators)('searches (skipped without ../shared/references)', () => {
  describe.each(families)('%s', (family) => {
    const facts = factsOf(family);
    const tolerance = TOLERANCE[family] ?? 1e-4;
    const table = tableOf(family);
    const reference = readReference(family).cases.filter(
      (each, place) => place % EVERY === 0 && (table || each.options.stop_strings === undefined),
    );
    let runner: StepRunner;

    beforeAll(async () => {
      runner = await StepRunner.open(buildReference(family));
    });
    afterAll(() => runner.close());

    /** The inputs of a case, each as it is alone. */
    function inputsOf({ input_ids, attention_mask }: GenerationCase): readonly (readonly number[])[] {
      if (input_ids === null) return [[facts.bos ?? -1]];
      return input_ids.map((ids, row) => ids.filter((_, place) => attention_mask?.[row]?.[place] !== 0));
    }

    async function generate(
      input: readonly number[],
      { options: { decoder_input_ids, ...given } }: GenerationCase,
    ) {
      const { decoder } = runner.built;
      const start = z.array(z.array(z.number())).optional().parse(decoder_input_ids)?.[0] ?? [
        facts.decoderStart ?? -1,
      ];
      const prompt = decoder.cross ? start : input;
      const options = resolveOptions(parseSearchParameters({ ...given, do_sample: false }), facts, {
        inputTokens: prompt.length,
        maxPositions: decoder.maxPositions,
        vocabSize: decoder.vocabSize,
      });
      const search = createSearch(options, {
        prompt,
        ...(decoder.cross && { source: input }),
        vocabSize: decoder.vocabSize,
        ...(table &&
          options.stopStrings.length > 0 && { stops: createStopMatcher(table, options.stopStrings) }),
      });
      const first = await runner.begin(decoder.cross && input);
      let sequences: readonly Sequence[] = [first];
      const run = new SearchRun(search);
      while (run.rows.length > 0) {
        const before = sequences;
        sequences = run.rows.map(({ parent }) => fork(before[parent] ?? first));
        const given = run.rows.map(({ id }, row) => ({
          sequence: sequences[row] ?? first,
          ids: id === undefined ? prompt : [id],
        }));
        const scored = await runner.run(given, { top: 1 });
        run.step(scored.map((tokens) => tokens.at(-1)?.logits ?? new Float32Array()));
      }
      return { found: search.found, steps: run.asked.length };
    }

    it.each(reference)('$id has the tokens, scores and steps of PyTorch', async (each) => {
      const inputs = inputsOf(each);
      const returned = each.sequences.length / inputs.length;
      for (const [row, input] of inputs.entries()) {
        const { found, steps } = await generate(input, each);
        expect(found).toHaveLength(returned);
        for (const [rank, sequence] of found.entries())
          expectSame(sequence, each, row * returned + rank, tolerance);
        const beams = beamsSchema.safeParse(each);
        if (beams.success && inputs.length === 1 && beams.data.steps_run)
          expect(steps).toBe(beams.data.steps_run);
      }
    });
  });
});

/** Random weights magnify what rounding leaves: PyTorch's scores of `bart` in float32 are up to 6.5e-4 from its own in float64. */
const TOLERANCE: Readonly<Record<string, number>> = { bart: 1e-3, t5_v11: 1e-3 };

function expectSame(
  { ids, logprobs, score }: FoundSequence,
  reference: GenerationCase,
  row: number,
  tolerance: number,
): void {
  const beams = beamsSchema.safeParse(reference);
  const expected = beams.success ? beams.data.token_scores[row] : reference.token_logprobs?.[row];
  const length = beams.success ? beams.data.generated_lengths[row] : expected?.length;
  const start = reference.new_token_start;
  const sequence = reference.sequences[row] ?? [];
  expect(ids).toEqual(sequence.slice(start, length === undefined ? sequence.length : start + length));
  if (beams.success) expectClose(score, beams.data.sequences_scores[row] ?? Number.NaN, 3e-4);
  for (const [place, logprob] of (expected ?? []).entries())
    expectClose(logprobs[place] ?? Number.NaN, logprob, tolerance);
}

function expectClose(value: number, expected: number, tolerance: number): void {
  expect(Math.abs(value - expected), `${value} beside ${expected}`).toBeLessThan(
    tolerance * (1 + Math.abs(expected)),
  );
}
