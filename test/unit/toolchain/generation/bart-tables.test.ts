import { buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { describe, expect, it } from 'vitest';
import {
  BART_CLASSES,
  type BartType,
  bartTensors,
  TINY_BART,
} from '../../../support/generation/bart-checkpoint.ts';
import { StepRunner } from '../../../support/generation/run-steps.ts';
import { type FixtureValues, sourceOf, type Tensors } from '../../../support/generation/t5-checkpoint.ts';

const WIDTH = TINY_BART.d_model;
const SOURCE = [3, 7, 1, 29, 12];
const DECODER = [2, 11, 4, 4];

type Changes = Readonly<Record<string, unknown>>;

function build(type: BartType, tensors: Tensors, changes: Changes = {}) {
  const config = { ...TINY_BART, model_type: type, architectures: [BART_CLASSES[type]], ...changes };
  return buildGenerator(config, sourceOf(tensors));
}

/** The logits after each of `decoder`. */
async function logitsOf(
  type: BartType,
  tensors: Tensors,
  {
    changes = {},
    source = SOURCE,
    decoder = DECODER,
    multiple = 16,
  }: {
    readonly changes?: Changes;
    readonly source?: readonly number[];
    readonly decoder?: readonly number[];
    readonly multiple?: number;
  } = {},
): Promise<readonly Float32Array[]> {
  const built = build(type, tensors, changes);
  expect(built.unused).toEqual([]);
  const runner = await StepRunner.open(built);
  try {
    const sequence = await runner.begin(source, multiple);
    const [scored = []] = await runner.run([{ sequence, ids: decoder }], { multiple });
    return scored.map(({ logits }) => logits);
  } finally {
    await runner.close();
  }
}

function take(tensors: Map<string, FixtureValues>, name: string): FixtureValues {
  const found = tensors.get(name);
  if (found === undefined) throw new RangeError(name);
  tensors.delete(name);
  return found;
}

describe('the words of BART and its relatives', () => {
  it('may have a table for each part and a vocabulary for the decoder, which Marian has for some languages', async () => {
    const shared = bartTensors('marian', 3);
    const expected = await logitsOf('marian', shared);
    const apart = new Map(shared);
    const words = take(apart, 'model.shared.weight');
    const [rows, bias] = [17, take(apart, 'final_logits_bias')];
    apart.set('model.encoder.embed_tokens.weight', words);
    apart.set('model.decoder.embed_tokens.weight', {
      shape: [rows, WIDTH],
      values: words.values.slice(0, rows * WIDTH),
    });
    apart.set('final_logits_bias', { shape: [1, rows], values: bias.values.slice(0, rows) });
    const changes = { share_encoder_decoder_embeddings: false, decoder_vocab_size: rows };
    const built = build('marian', apart, changes);
    expect(built.decoder.vocabSize).toBe(rows);
    const actual = await logitsOf('marian', apart, { changes });
    expectClose(
      actual,
      expected.map((row) => row.slice(0, rows)),
    );
  });

  it('are those of a head of its own where the checkpoint has one', async () => {
    const tensors = bartTensors('bart', 4);
    const tied = await logitsOf('bart', tensors);
    const words = tensors.get('model.shared.weight');
    tensors.set('lm_head.weight', {
      shape: [TINY_BART.vocab_size, WIDTH],
      values: words?.values.map((value) => 2 * value) ?? new Float32Array(),
    });
    const bias = tensors.get('final_logits_bias')?.values ?? new Float32Array();
    const expected = tied.map((row) =>
      row.map((value, id) => 2 * (value - (bias[id] ?? 0)) + (bias[id] ?? 0)),
    );
    expectClose(await logitsOf('bart', tensors), expected);
  });

  it('are in the file once where a checkpoint has copies of them, as old ones do', async () => {
    const tensors = bartTensors('bart', 4);
    const expected = await logitsOf('bart', tensors);
    const words = tensors.get('model.shared.weight');
    for (const copy of ['lm_head', 'model.encoder.embed_tokens', 'model.decoder.embed_tokens']) {
      if (words) tensors.set(`${copy}.weight`, { ...words, values: words.values.slice() });
    }
    tensors.set('model.encoder.version', { shape: [1], values: Float32Array.of(3) });
    expect(await logitsOf('bart', tensors)).toEqual(expected);
    const { initializer } = build('bart', tensors).step.model.graph;
    expect(
      initializer.filter(({ dims }) => dims[0] === TINY_BART.vocab_size && dims.length === 2),
    ).toHaveLength(1);
  });

  it('have no bias where the checkpoint is that of the base model, whose names have no prefix', async () => {
    const tensors = bartTensors('bart', 5);
    const expected = await logitsOf('bart', tensors);
    const bias = take(tensors, 'final_logits_bias').values;
    const base = new Map(
      [...tensors].map(([name, tensor]) => [name.replace(/^model\./, ''), tensor] as const),
    );
    const actual = await logitsOf('bart', base);
    expectClose(
      actual,
      expected.map((row) => row.map((value, id) => value - (bias[id] ?? 0))),
    );
  });
});

describe('the positions of BART and its relatives', () => {
  it.each(['marian', 'pegasus'] as const)(
    'are computed for %s, unless the checkpoint has them',
    async (type) => {
      const tensors = bartTensors(type, 6);
      const expected = await logitsOf(type, tensors);
      for (const part of ['encoder', 'decoder']) {
        const count = TINY_BART.max_position_embeddings;
        const values = Float32Array.from({ length: count * WIDTH }, (_, index) => {
          const [position, column] = [Math.floor(index / WIDTH), index % WIDTH];
          const angle = position * 10_000 ** (-(column % (WIDTH / 2)) / (WIDTH / 2));
          return column < WIDTH / 2 ? Math.sin(angle) : Math.cos(angle);
        });
        tensors.set(`model.${part}.embed_positions.weight`, { shape: [count, WIDTH], values });
      }
      expectClose(await logitsOf(type, tensors), expected);
    },
  );

  it.each(['bart', 'mbart', 'marian', 'pegasus'] as const)(
    'of %s reach the last one where padding goes beyond it',
    async (type) => {
      const tensors = bartTensors(type, 7);
      const ids = Array.from({ length: TINY_BART.max_position_embeddings }, (_, index) => (index * 7) % 30);
      const whole = { source: ids, decoder: ids };
      expectClose(
        await logitsOf(type, tensors, { ...whole, multiple: 16 }),
        await logitsOf(type, tensors, { ...whole, multiple: 1 }),
      );
    },
  );
});

describe('a checkpoint of BART and its relatives', () => {
  it.each([
    [{ activation_function: 'mish' }, 'activation_function'],
    [{ decoder_attention_heads: 5 }, 'decoder_attention_heads: must divide d_model'],
    [{ encoder_layers: undefined }, 'encoder_layers: is missing'],
  ])('is refused with the field that does not fit: %o', (changes, reason) => {
    expect(() => build('bart', bartTensors('bart', 8), changes)).toThrow(
      expect.objectContaining({ code: 'SOURCE_INVALID', message: expect.stringContaining(reason) }),
    );
  });

  it('is refused where a tensor is missing, by its name', () => {
    const tensors = bartTensors('mbart', 9);
    take(tensors, 'model.decoder.layers.1.encoder_attn.k_proj.bias');
    expect(() => build('mbart', tensors)).toThrow(
      expect.objectContaining({
        code: 'WEIGHTS_INVALID',
        message: expect.stringContaining('decoder.layers.1.encoder_attn.k_proj.bias'),
      }),
    );
  });

  it('says how long a source and a text may be', () => {
    const { decoder } = build('pegasus', bartTensors('pegasus', 10));
    expect(decoder).toMatchObject({
      maxPositions: 20,
      heads: 2,
      dim: 6,
      cross: { heads: 2, dim: 6, maxTokens: 20 },
    });
  });
});

function expectClose(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [token, row] of expected.entries()) {
    expect(actual[token]?.length).toBe(row.length);
    for (const [id, value] of row.entries()) expect(actual[token]?.[id]).toBeCloseTo(value, 4);
  }
}
