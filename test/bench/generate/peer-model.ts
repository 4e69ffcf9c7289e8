/** Writes a checkpoint as a folder of transformers.js: in fp32, and in int8 as exports usually are, with one scale for all activations of a product. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel, type OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import type { WeightSource } from '../../../model-assets/toolchain/src/graph/weights.ts';
import { SourceFolder } from '../../../model-assets/toolchain/src/sources/folder.ts';
import { WeightFiles } from '../../../model-assets/toolchain/src/sources/weight-files.ts';
import { quantise } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { exportGpt2, exportLlama } from './export/decoders.ts';
import { exportDecoder, exportEncoder, type Seq2SeqConfig } from './export/encoder-decoders.ts';
import { marianFamily } from './export/marian.ts';
import { mergeBranches } from './export/plain-model.ts';
import { t5Family } from './export/t5.ts';
import type { GenerationShape } from './shapes.ts';

const COPIED = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];

export function writeGenerationPeer({ config }: GenerationShape, checkpoint: string, folder: string): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const file of COPIED) copyFileSync(join(checkpoint, file), join(folder, file));
  const source = new WeightFiles(new SourceFolder(checkpoint));
  try {
    for (const [name, models] of exportAll(config, source)) {
      write(folder, name, models());
      const quantised = models();
      for (const model of quantised) if (model) quantise(model);
      write(folder, `${name}_quantized`, quantised);
    }
  } finally {
    source.close();
  }
}

function write(folder: string, name: string, [first, next]: Exported): void {
  const model = next ? mergeBranches(first, next) : first;
  writeFileSync(join(folder, 'onnx', `${name}.onnx`), encodeModel(model));
}

/** One graph, or the two branches of one. */
type Exported = readonly [first: OnnxModel, next?: OnnxModel];

function* exportAll(
  config: GenerationShape['config'],
  source: WeightSource,
): Generator<readonly [name: string, models: () => Exported]> {
  const number = (name: string) => Number(config[name]);
  switch (config.model_type) {
    case 'gpt2': {
      const width = number('n_embd');
      const sizes = { width, layers: number('n_layer'), heads: number('n_head'), keyHeads: number('n_head') };
      const more = { vocabulary: number('vocab_size'), inner: 4 * width, positions: number('n_positions') };
      return yield ['model', () => [exportGpt2({ ...sizes, ...more }, source)]];
    }
    case 'llama': {
      const heads = number('num_attention_heads');
      const sizes = { width: number('hidden_size'), layers: number('num_hidden_layers'), heads };
      const more = { vocabulary: number('vocab_size'), inner: number('intermediate_size') };
      const rest = { keyHeads: number('num_key_value_heads'), positions: number('max_position_embeddings') };
      return yield ['model', () => [exportLlama({ ...sizes, ...more, ...rest }, source)]];
    }
    default: {
      const isT5 = config.model_type === 't5';
      const sizes: Seq2SeqConfig = {
        vocabulary: number('vocab_size'),
        width: number('d_model'),
        layers: number(isT5 ? 'num_layers' : 'encoder_layers'),
        heads: number(isT5 ? 'num_heads' : 'encoder_attention_heads'),
      };
      const family = isT5 ? t5Family(sizes) : marianFamily(sizes, number('max_position_embeddings'));
      const parts = { config: sizes, family, source, prefix: isT5 ? '' : 'model.' };
      yield ['encoder_model', () => [exportEncoder(parts)]];
      const decoder = (hasPast: boolean) => exportDecoder(parts, { hasPast });
      yield ['decoder_model_merged', () => [decoder(false), decoder(true)]];
    }
  }
}
