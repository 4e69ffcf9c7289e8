import type { GenerationManifest, GenerationVariant, PackageFile } from '@pilotlight/model-format';

export const fileAt = (path: string): PackageFile => ({ path, bytes: 1, sha256: 'a'.repeat(64) });

const graph = (file: string) => ({
  file,
  inputs: [{ name: 'ids', type: 'int64' as const }],
  outputs: [{ name: 'scores' }],
});

/** A variant in folders of its own, with an encoder. */
export const generationVariantOf = (
  name: string,
  fields: Partial<GenerationVariant> = {},
): GenerationVariant => ({
  graphs: { encoder: graph(`${name}/encoder/model.onnx`), step: graph(`${name}/step/model.onnx`) },
  files: [fileAt(`${name}/encoder/model.onnx`), fileAt(`${name}/step/model.onnx`)],
  opset: 21,
  onnxruntime: '1.30.0',
  scheme: 'fp32',
  tier: 'lambda',
  ...fields,
});

/** The manifest of a translator. */
export const generationManifestOf = (fields: Partial<GenerationManifest> = {}): GenerationManifest => ({
  formatVersion: 1,
  runtime: 'generation',
  name: 'frames',
  version: '1.0.0',
  task: 'translation',
  family: 'marian',
  text: { tokenizer: fileAt('tokenizer.json'), target: fileAt('target.json'), vocabSize: 10 },
  decoder: {
    layers: 2,
    heads: 4,
    dim: 8,
    vocabSize: 10,
    maxPositions: 64,
    cross: { heads: 4, dim: 8, maxTokens: 64 },
  },
  generation: { eos: [0], decoderStart: 9, defaults: { num_beams: 4 } },
  defaultVariant: 'fp32',
  variants: { fp32: generationVariantOf('fp32') },
  goldens: fileAt('goldens.jsonl'),
  modelCard: fileAt('MODEL_CARD.md'),
  source: { kind: 'huggingface', id: 'frames', files: {} },
  toolchain: { pilotlight: '0.1.0', node: '24.0.0', onnxruntime: '1.30.0' },
  ...fields,
});
