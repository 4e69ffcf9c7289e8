/** The source while its package is being made: read once, then taken from a file whose weights are read as they are needed. */
import { join } from 'node:path';
import { loadModel, saveModel } from '../graph/external.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import type { ModelSource } from '../sources/index.ts';
import type { SourceFacts } from './write-package.ts';

export interface StagedSource {
  readonly facts: SourceFacts;
  readonly inputs: ModelSource['inputs'];
  readonly outputs: ModelSource['outputs'];
  /** The graph, anew at each call, so that it may be changed. */
  load(): OnnxModel;
}

/** Writes the graph to `folder`, and keeps nothing of the weights in memory. */
export function stageSource(source: ModelSource, folder: string): StagedSource {
  const { model, inputs, outputs, ...facts } = source;
  const path = join(folder, 'source.onnx');
  saveModel(model, path, join(folder, 'source.bin'));
  return { facts, inputs, outputs, load: () => loadModel(path).model };
}
