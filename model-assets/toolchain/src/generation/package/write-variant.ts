/** Writes the graphs of a variant as one rung of the ladder makes them. */
import type { GenerationVariant } from '@pilotlight/model-format';
import type { OnnxModel } from '../../graph/onnx.ts';
import type { Staging } from '../../package/staging.ts';
import { writeGraphs } from '../../package/write-graphs.ts';
import { RUNTIME_VERSION } from '../../stages/optimise.ts';
import type { StagedGraph, StagedGraphs } from './staged-graphs.ts';

export async function writeGeneratorVariant(
  graphs: StagedGraphs,
  { folder, root }: Pick<Staging, 'folder' | 'root'>,
  { name, ...facts }: Pick<GenerationVariant, 'scheme' | 'keptFp32'> & { readonly name: string },
  make: (graph: StagedGraph, scratch: string) => Promise<OnnxModel>,
): Promise<GenerationVariant> {
  const written = await writeGraphs(graphs, { folder, root, variant: name }, make);
  return { ...written, onnxruntime: RUNTIME_VERSION, tier: 'lambda', ...facts };
}
