/** Warpers and processors against what transformers gives for fixed vectors, without random numbers. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bestChoices } from '@pilotlight/engine/internal/runtimes/generation/search/choices';
import { editAll } from '@pilotlight/engine/internal/runtimes/generation/search/edits';
import { createProcessors } from '@pilotlight/engine/internal/runtimes/generation/search/processors';
import { warp } from '@pilotlight/engine/internal/runtimes/generation/search/warpers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { plainOptions, plainSampling } from '../../support/generation/search-options.ts';

const FILE = join(import.meta.dirname, '../../../../shared/references/gen/processors.json');

const vector = z.array(z.number().nullable());
const id = z.number();
const references = z.object({
  logits: z.record(z.string(), vector),
  sampling: z.array(
    z.object({
      logits: z.string(),
      options: z.record(z.string(), z.unknown()),
      num_beams: z.number(),
      kept: z.array(id),
      probs: z.array(z.number()),
    }),
  ),
  processors: z.array(
    z.object({
      name: z.string(),
      processor: z.string(),
      args: z.record(z.string(), z.unknown()),
      input_ids: z.array(z.array(id)),
      encoder_input_ids: z.array(z.array(id)).nullable(),
      scores_in: z.array(vector),
      scores_out: z.array(vector),
    }),
  ),
});

const warperOptions = z.object({
  temperature: z.number().optional(),
  top_h: z.number().optional(),
  top_k: z.number().optional(),
  top_p: z.number().optional(),
  min_p: z.number().optional(),
  typical_p: z.number().optional(),
  epsilon_cutoff: z.number().optional(),
  eta_cutoff: z.number().optional(),
});

/** null stands for -Infinity. */
function scoresOf(values: z.infer<typeof vector>): Float32Array {
  return Float32Array.from(values, (value) => value ?? Number.NEGATIVE_INFINITY);
}

const read = existsSync(FILE) ? references.parse(JSON.parse(readFileSync(FILE, 'utf8'))) : undefined;

describe.skipIf(!read)('fixed vectors (skipped without ../shared/references)', () => {
  it.each(read?.sampling ?? [])(
    '$logits under $options with $num_beams beams keep the classes and probabilities of transformers',
    ({ logits, options, num_beams, kept, probs }) => {
      const given = warperOptions.parse(options);
      const sampling = plainSampling({
        temperature: given.temperature ?? 1,
        topH: given.top_h ?? 0,
        topK: given.top_k ?? 0,
        topP: given.top_p ?? 1,
        minP: given.min_p ?? 0,
        typicalP: given.typical_p ?? 1,
        epsilonCutoff: given.epsilon_cutoff ?? 0,
        etaCutoff: given.eta_cutoff ?? 0,
      });
      const scores = scoresOf(read?.logits[logits] ?? []);
      const choices = bestChoices(warp({ scores }, sampling, num_beams > 1 ? 2 : 1), scores.length);
      expect(choices.map((choice) => choice.id).sort((a, b) => a - b)).toEqual(kept);
      for (const choice of choices) expect(Math.exp(choice.logprob)).toBeCloseTo(probs[choice.id] ?? -1, 6);
    },
  );

  it.each(read?.processors ?? [])('the processor $name gives the scores of transformers', (reference) => {
    for (const [row, ids] of reference.input_ids.entries()) {
      const source = reference.encoder_input_ids?.[row] ?? reference.encoder_input_ids?.[0];
      const scores = scoresOf(reference.scores_in[row] ?? []);
      const { options, promptLength } = optionsOf(reference.args, reference.processor);
      const processors = createProcessors(plainOptions(options), {
        prompt: ids.slice(0, promptLength),
        ...(source && { source }),
        vocabSize: scores.length,
      });
      expect(processors).toHaveLength(1);
      editAll(
        scores,
        processors.flatMap((processor) => processor({ ids, added: ids.slice(promptLength) })),
      );
      const expected = scoresOf(reference.scores_out[row] ?? []);
      for (const [place, score] of scores.entries()) expectClose(score, expected[place] ?? Number.NaN);
    }
  });
});

function expectClose(value: number, expected: number): void {
  if (Number.isFinite(expected) && Math.abs(expected) < 1e9) expect(value).toBeCloseTo(expected, 5);
  else expect(value).toBe(expected);
}

/** What a processor of transformers was made with, as options of ours and the length of a prompt that goes with it. */
function optionsOf(
  args: Readonly<Record<string, unknown>>,
  processor: string,
): { readonly options: Parameters<typeof plainOptions>[0]; readonly promptLength: number } {
  const number = (name: string): number => z.number().parse(args[name]);
  const ids = (name: string): number[] =>
    z.union([z.array(id), id.transform((one) => [one])]).parse(args[name]);
  const lists = (name: string): number[][] => z.array(z.array(id)).parse(args[name]);
  switch (processor) {
    case 'RepetitionPenaltyLogitsProcessor':
      return { options: { repetitionPenalty: number('penalty') }, promptLength: 2 };
    case 'EncoderRepetitionPenaltyLogitsProcessor':
      return { options: { encoderRepetitionPenalty: number('penalty') }, promptLength: 2 };
    case 'NoRepeatNGramLogitsProcessor':
      return { options: { noRepeatNgramSize: number('ngram_size') }, promptLength: 2 };
    case 'EncoderNoRepeatNGramLogitsProcessor':
      return { options: { encoderNoRepeatNgramSize: number('encoder_ngram_size') }, promptLength: 2 };
    case 'NoBadWordsLogitsProcessor':
      return { options: { badWords: lists('bad_words_ids'), eos: ids('eos_token_id') }, promptLength: 2 };
    case 'SequenceBiasLogitsProcessor':
      return {
        options: { sequenceBias: z.array(z.tuple([z.array(id), z.number()])).parse(args.sequence_bias) },
        promptLength: 2,
      };
    case 'MinLengthLogitsProcessor':
      return {
        options: { minNewTokens: number('min_length') - 1, eos: ids('eos_token_id') },
        promptLength: 1,
      };
    case 'MinNewTokensLengthLogitsProcessor':
      return {
        options: { minNewTokens: number('min_new_tokens'), eos: ids('eos_token_id') },
        promptLength: number('prompt_length_to_skip'),
      };
    case 'ForcedBOSTokenLogitsProcessor':
      return { options: { forcedBos: number('bos_token_id') }, promptLength: 1 };
    case 'ForcedEOSTokenLogitsProcessor':
      return {
        options: { forcedEos: ids('eos_token_id'), maxNewTokens: number('max_length') - 2 },
        promptLength: 2,
      };
    case 'ExponentialDecayLengthPenalty':
      return {
        options: {
          exponentialDecay: z.tuple([z.number(), z.number()]).parse(args.exponential_decay_length_penalty),
          eos: ids('eos_token_id'),
        },
        promptLength: number('input_ids_seq_length'),
      };
    case 'SuppressTokensLogitsProcessor':
      return { options: { suppress: ids('suppress_tokens') }, promptLength: 2 };
    case 'SuppressTokensAtBeginLogitsProcessor':
      return {
        options: { beginSuppress: ids('begin_suppress_tokens') },
        promptLength: number('begin_index'),
      };
    case 'InfNanRemoveLogitsProcessor':
      return { options: { removeInvalid: true }, promptLength: 1 };
    default:
      throw new RangeError(`The reference has a processor ${processor} that this test does not know.`);
  }
}
