/** Sources of models: a folder in, a graph and the facts about it out. */
import { createTagReader } from '@pilotlight/engine/internal/tasks/tags';
import { ToolchainError } from '../errors.ts';
import { adapterReader } from './adapter.ts';
import { checkpointReader } from './checkpoint.ts';
import type { SourceFolder } from './folder.ts';
import { findModel } from './layout.ts';
import { onnxExportReader } from './onnx-export.ts';
import { noteLostClassifier } from './setfit.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';

export type { ModelSource, SourceOptions, TokenizerSource } from './source.ts';

/** The kinds of source, the preferred one first: the one place to register another. */
const READERS: readonly SourceReader[] = [adapterReader, checkpointReader, onnxExportReader];

/**
 * Reads the model in a folder by the first reader that can, such as a safetensors checkpoint where a graph can be built for it,
 * else an .onnx export.
 *
 * Throws SOURCE_NOT_FOUND when there is no such folder or no model in it, SOURCE_INVALID when files are missing or
 * contradict each other, SOURCE_UNSUPPORTED when it is of a kind that is not understood, WEIGHTS_INVALID and
 * GRAPH_INVALID when its files are broken.
 */
export async function readSource(path: string, options: SourceOptions = {}): Promise<ModelSource> {
  const { folder, reader, notes } = findModel(path, findReader);
  if (options.base !== undefined && !reader.takesBase) {
    throw new ToolchainError('USAGE', `--base is for LoRA adapters, and '${folder.name}' is a whole model.`);
  }
  const read = await reader.read(folder, options);
  const source = { ...read, notes: [...notes, ...noteLostClassifier(folder), ...read.notes] };
  return options.decoding === undefined ? source : decodedBy(options.decoding, source);
}

function findReader(folder: SourceFolder): SourceReader | undefined {
  const find = (wanted: 'readable' | 'unsupported') =>
    READERS.find((reader) => reader.claim(folder) === wanted);
  return find('readable') ?? find('unsupported');
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
