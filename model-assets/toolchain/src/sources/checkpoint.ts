/** A Hugging Face checkpoint: config.json, model.safetensors or pytorch_model.bin, tokenizer.json. */
import { isSupported } from '../graph/architectures.ts';
import { buildSource } from './build-source.ts';
import type { SourceFolder } from './folder.ts';
import { readConfig } from './hugging-face.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';
import { hasWeights, WeightFiles } from './weight-files.ts';

export const checkpointReader: SourceReader = {
  claim(folder) {
    if (!hasWeights(folder)) return undefined;
    return isSupported(readConfig(folder).model_type) ? 'readable' : 'unsupported';
  },
  read: readCheckpoint,
};

async function readCheckpoint(folder: SourceFolder, options: SourceOptions): Promise<ModelSource> {
  const config = readConfig(folder);
  const weights = new WeightFiles(folder);
  try {
    return buildSource(folder, config, weights, options);
  } finally {
    weights.close();
  }
}
