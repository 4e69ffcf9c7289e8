/** The fp32 graphs of a model while its package is made: kept in files, whose weights are read as they are needed. */
import { join } from 'node:path';
import { loadModel, saveModel } from '../../graph/external.ts';
import type { OnnxModel } from '../../graph/onnx.ts';
import type { BuiltGenerator, BuiltPart } from '../graph/index.ts';

export interface StagedGraph extends Omit<BuiltPart, 'model'> {
  readonly name: 'encoder' | 'step';
  /** The graph, anew at each call, so that it may be changed. */
  load(): OnnxModel;
}

/** By their names in the manifest. */
export interface StagedGraphs {
  readonly encoder?: StagedGraph;
  readonly step: StagedGraph;
}

/** Writes the graphs to `folder`. */
export function stageGraphs({ encoder, step }: BuiltGenerator, folder: string): StagedGraphs {
  const stage = (name: StagedGraph['name'], { model, inputs, outputs }: BuiltPart): StagedGraph => {
    const path = join(folder, `${name}.onnx`);
    saveModel(model, path, join(folder, `${name}.bin`));
    return { name, inputs, outputs, load: () => loadModel(path).model };
  };
  return { ...(encoder && { encoder: stage('encoder', encoder) }), step: stage('step', step) };
}
