/** Calls that ask for what no model can do are refused before anything runs, or end; the model goes on. */
import type { Generator } from '@pilotlight/engine/internal/runtimes/generation/generator';
import type { Decoder } from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-port';
import { type BuiltGenerator, buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BART_CLASSES, bartTensors, TINY_BART } from '../../../support/generation/bart-checkpoint.ts';
import { END, letterText } from '../../../support/generation/letter-text.ts';
import { openDecoder, openGenerator } from '../../../support/generation/open-generator.ts';
import { smallLlama } from '../../../support/generation/small-llama.ts';
import { sourceOf } from '../../../support/generation/t5-checkpoint.ts';

interface Opened {
  readonly model: Generator;
  readonly decoder: Decoder;
}
const opened = new Map<string, Opened>();

async function open(name: string, built: BuiltGenerator): Promise<void> {
  const decoder = await openDecoder(built, { slots: 4 });
  const generation = { eos: [END], defaults: {}, ...(built.encoder && { decoderStart: 1 }) };
  const text = await letterText(built.decoder.vocabSize);
  opened.set(name, { model: openGenerator(built, decoder, text, { generation }), decoder });
}

beforeAll(async () => {
  const bart = { ...TINY_BART, model_type: 'bart', architectures: [BART_CLASSES.bart] };
  await open('llama', smallLlama({ maxPositions: 64 }));
  await open('bart', buildGenerator(bart, sourceOf(bartTensors('bart', 3))));
});
afterAll(() => Promise.all(Array.from(opened.values(), ({ model }) => model.dispose())));

const every = Array.from({ length: 90 }, (_, id) => id);
const FAMILIES = ['llama', 'bart'] as const;

describe.each(FAMILIES)('%s', (family) => {
  const at = (): Opened => opened.get(family) as Opened;
  const ids = family === 'bart' ? every.slice(0, 30) : every;

  it.each<[string, Record<string, unknown>]>([
    ['more steps than there are numbers', { max_new_tokens: 1e9 }],
    ['beams without end', { num_beams: 10_000 }],
    ['more end tokens than any model has', { eos_token_id: Array(100_000).fill(2) }],
    ['a bias that is an infinity to the model', { sequence_bias: [[[3], 1e308]] }],
    [
      'a set of characters that takes a minute',
      { grammar: { kind: 'regex', pattern: '\\p{L}'.repeat(1900) } },
    ],
    ['values for a template that are none', { chat_template_kwargs: 5 }],
  ])('refuses %s', async (_, parameters) => {
    await expect(at().model.predict('12', parameters)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['every token suppressed', { suppress_tokens: ids }],
    ['every token suppressed, drawn', { suppress_tokens: ids, do_sample: true }],
    ['every token suppressed, by beams', { suppress_tokens: ids, num_beams: 3 }],
    [
      'no word that is not bad',
      { bad_words_ids: ids.filter((id) => id !== END).map((id) => [id]), min_new_tokens: 5 },
    ],
    [
      'no end token after a grammar is at its end',
      { eos_token_id: null, grammar: { kind: 'regex', pattern: '1' } },
    ],
    ['a temperature that float32 does not have', { do_sample: true, temperature: 1e-300 }],
    ['a penalty that float32 does not have', { repetition_penalty: 1e300, num_beams: 2 }],
    [
      'scores of no size',
      { exponential_decay_length_penalty: [0, 1e308], length_penalty: -1e308, num_beams: 3 },
    ],
  ])('ends with %s', async (_, parameters) => {
    const { results } = await at().model.predict('12', { max_new_tokens: 6, ...parameters });
    expect(results).toHaveLength(1);
    expect(at().decoder.load).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe('a model with an encoder refuses', () => {
  it.each<[string, unknown, Record<string, unknown>, object]>([
    [
      'a first token that it does not have',
      '12',
      { decoder_start_token_id: 30 },
      { code: 'INVALID_PARAMETER' },
    ],
    ['later ones that it does not have', '12', { decoder_input_ids: [1, 30] }, { code: 'INVALID_PARAMETER' }],
    [
      'more first tokens than it has positions',
      '12',
      { decoder_input_ids: Array(21).fill(1) },
      { code: 'INPUT_TOO_LONG' },
    ],
    [
      'a beginning that is longer than it has positions',
      { text: '12', decoder_text: '1'.repeat(30) },
      {},
      { code: 'INPUT_TOO_LONG' },
    ],
  ])('%s', async (_, input, parameters, refusal) => {
    const { model } = opened.get('bart') as Opened;
    await expect(model.predict(input, parameters)).rejects.toMatchObject(refusal);
  });

  it('more tokens to begin with than the service takes in one call', async () => {
    const { model } = opened.get('bart') as Opened;
    const limits = { maxInputTokens: 10, maxCallTokens: 100 };
    const call = model.predict('12', { decoder_input_ids: Array(12).fill(1) }, { limits });
    await expect(call).rejects.toMatchObject({ code: 'INPUT_TOO_LONG' });
  });
});
