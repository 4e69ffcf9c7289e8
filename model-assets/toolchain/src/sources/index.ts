/** Sources of models: a folder in, a graph and the facts about it out. */
import { ToolchainError } from '../errors.ts';
import { adapterReader } from './adapter.ts';
import { checkpointReader } from './checkpoint.ts';
import { SourceFolder } from './folder.ts';
import { findModel } from './layout.ts';
import { onnxExportReader } from './onnx-export.ts';
import { locateSource } from './onnx-files.ts';
import { noteLostClassifier } from './setfit.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';
import { withDefaults } from './task-options.ts';

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
  const { folder: home, file } = locateSource(path, options.file);
  const { folder, reader, notes } =
    file === undefined
      ? findModel(home, findReader)
      : { folder: new SourceFolder(home), reader: onnxExportReader, notes: [] };
  if (options.base !== undefined && !reader.takesBase) {
    throw new ToolchainError('USAGE', `--base is for LoRA adapters, and '${folder.name}' is a whole model.`);
  }
  const read = await reader.read(folder, file === undefined ? options : { ...options, file });
  const source = {
    ...read,
    notes: [...notes, ...noteLostClassifier(folder), ...read.tokenizer.notes, ...read.notes],
  };
  return withDefaults(source, options);
}

function findReader(folder: SourceFolder): SourceReader | undefined {
  const find = (wanted: 'readable' | 'unsupported') =>
    READERS.find((reader) => reader.claim(folder) === wanted);
  return find('readable') ?? find('unsupported');
}
