/** Writes checkpoints that generate text, of seeded random weights: their speed is that of trained ones. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../fixtures/random.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import type { GenerationShape } from './shapes.ts';

const SEED = 18;

export function writeGenerationCheckpoint(shape: GenerationShape, folder: string): void {
  const { config, tensors, vocabulary } = shape;
  mkdirSync(folder, { recursive: true });
  const { eos_token_id, pad_token_id = 0, decoder_start_token_id } = config;
  const files = {
    'config.json': config,
    'generation_config.json': { eos_token_id, pad_token_id, decoder_start_token_id },
    'tokenizer.json': tokenizerJson(vocabulary),
    'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', pad_token: 'w0' },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content));
  const entries = Object.entries(tensors).map(([name, dims], index) => ({
    name,
    shape: dims,
    values: () => makeTensor(shape, name, dims, SEED + index),
  }));
  writeSafetensors(join(folder, 'model.safetensors'), entries);
}

/** Matrices keep the scale of what passes through; norms are near 1, biases near 0. */
function makeTensor(
  { words }: GenerationShape,
  name: string,
  dims: readonly number[],
  seed: number,
): Float32Array {
  const count = dims.reduce((product, length) => product * length, 1);
  const isVector = dims.length === 1 || dims[0] === 1;
  const isNorm = dims.length === 1 && name.endsWith('weight');
  const width = dims.at(-1) ?? 1;
  const values = new Random(seed).normals(count, isVector ? 0.02 : 1 / Math.sqrt(width), isNorm ? 1 : 0);
  // The word that ends a text has no share in any sum: it is never the best, and texts are as long as they may be.
  if (name === words) values.fill(0, count - width);
  return values;
}

/** A word for each id. */
function tokenizerJson(vocabulary: number): object {
  const vocab = Object.fromEntries(Array.from({ length: vocabulary }, (_, id) => [`w${id}`, id]));
  return {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null },
    pre_tokenizer: { type: 'WhitespaceSplit' },
    ...{ post_processor: null, decoder: null },
    model: { type: 'WordLevel', vocab, unk_token: 'w0' },
  };
}
