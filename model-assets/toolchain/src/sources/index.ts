/** Sources of models: a folder in, a graph and the facts about it out. */
import { createTagReader } from '@pilotlight/engine/internal/tasks/tags';
import { ToolchainError } from '../errors.ts';
import { checkpointReader } from './checkpoint.ts';
import { SourceFolder } from './folder.ts';
import { onnxExportReader } from './onnx-export.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';

export type { ModelSource, SourceOptions, TokenizerSource } from './source.ts';

/** The kinds of source, the preferred one first: the one place to register another. */
const READERS: readonly SourceReader[] = [checkpointReader, onnxExportReader];

/**
 * Reads the model in a folder by the first reader that can, such as a safetensors checkpoint where a graph can be built for it,
 * else an .onnx export.
 *
 * Throws SOURCE_NOT_FOUND when there is no such folder or no model in it, SOURCE_INVALID when files are missing or
 * contradict each other, SOURCE_UNSUPPORTED when it is of a kind that is not understood, WEIGHTS_INVALID and
 * GRAPH_INVALID when its files are broken.
 */
export async function readSource(path: string, options: SourceOptions = {}): Promise<ModelSource> {
  const folder = new SourceFolder(path);
  const claims = READERS.map((reader) => ({ reader, claim: reader.claim(folder) }));
  const { reader } =
    claims.find(({ claim }) => claim === 'readable') ??
    claims.find(({ claim }) => claim === 'unsupported') ??
    {};
  if (reader === undefined) throw nothingToPackage(folder);
  const read = await reader.read(folder, options);
  const source = { ...read, notes: [...read.tokenizer.notes, ...read.notes] };
  return options.decoding === undefined ? source : decodedBy(options.decoding, source);
}

/** Throws SOURCE_UNSUPPORTED for labels that say nothing of where spans begin and go on. */
function decodedBy(decoding: NonNullable<SourceOptions['decoding']>, source: ModelSource): ModelSource {
  const { task, labels, taskDefaults } = source;
  const inSpans = labels.map(createTagReader(labels)).some(({ continues }) => continues);
  if (decoding === 'constrained' && !(task === 'token-classification' && inSpans)) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      'Constrained decoding is for taggers whose labels say where spans begin and go on, B-x and I-x. Leave --decoding out.',
    );
  }
  return { ...source, taskDefaults: { ...taskDefaults, decoding } };
}

function nothingToPackage(folder: SourceFolder): ToolchainError {
  if (folder.list().some((file) => /^(pytorch_model.*\.(bin|index\.json)|.*\.(pt|pth|ckpt))$/.test(file))) {
    return new ToolchainError(
      'SOURCE_UNSUPPORTED',
      'The weights are a pickle, which runs code when it is opened, so it is not opened. Convert it where you trust it: ' +
        'AutoModel.from_pretrained(...).save_pretrained(..., safe_serialization=True) of transformers writes model.safetensors.',
    );
  }
  return new ToolchainError(
    'SOURCE_NOT_FOUND',
    `'${folder.name}' has neither model.safetensors nor model.onnx.`,
  );
}
