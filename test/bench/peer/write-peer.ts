import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { SourceFolder } from '../../../model-assets/toolchain/src/sources/folder.ts';
import { WeightFiles } from '../../../model-assets/toolchain/src/sources/weight-files.ts';
import { quantise } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { exportPlain } from './export-plain.ts';
import { plainEncoder } from './families.ts';

const TOKENIZER_CONFIG = 'tokenizer_config.json';

/** transformers.js pads with what tokenizer_config.json names; published BERT tokenizers name all five. */
const SPECIAL_TOKENS = {
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
  mask_token: '[MASK]',
} as const;

/**
 * Writes a checkpoint as a model folder of transformers.js: `onnx/model.onnx` in fp32, `onnx/model_quantized.onnx`
 * in int8, weights inside both, and the files of the tokenizer. The int8 weights are those that the toolchain
 * makes for the package: the same matrices, one scale per output channel.
 */
export function writePeerModel(checkpoint: string, folder: string): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const file of ['config.json', 'tokenizer.json'])
    copyFileSync(join(checkpoint, file), join(folder, file));
  const tokenizerConfig = JSON.parse(readFileSync(join(checkpoint, TOKENIZER_CONFIG), 'utf8'));
  writeFileSync(join(folder, TOKENIZER_CONFIG), JSON.stringify({ ...tokenizerConfig, ...SPECIAL_TOKENS }));
  const source = new WeightFiles(new SourceFolder(checkpoint));
  try {
    const model = exportPlain(
      plainEncoder(JSON.parse(readFileSync(join(checkpoint, 'config.json'), 'utf8'))),
      source,
    );
    writeFileSync(join(folder, 'onnx', 'model.onnx'), encodeModel(model));
    quantise(model);
    writeFileSync(join(folder, 'onnx', 'model_quantized.onnx'), encodeModel(model));
  } finally {
    source.close();
  }
}
