/** From an fp32 graph to the fp16 variant, and to the graph that its error is measured with. */
import type { OnnxModel } from './graph/onnx.ts';
import type { Progress } from './progress.ts';
import { type HalfReport, half, maskAsBias, peaksOf, rounded, withPeaks } from './stages/half.ts';
import { type Feed, runGraph } from './stages/optimise/run-graph.ts';
import { valueTypes } from './stages/optimise/value-types.ts';
import { optimise } from './stages/optimise.ts';

export interface BuiltHalf {
  readonly model: OnnxModel;
  /** Gives on the CPU what a GPU gives for `model`. */
  readonly rounded: OnnxModel;
  readonly report: HalfReport;
}

/**
 * `feeds` are inputs by which the range of each value is measured: what leaves that of half precision stays fp32.
 * `scratch` is a folder for what the runtime reads and writes.
 */
export async function buildHalf(
  source: OnnxModel,
  feeds: readonly Feed[],
  { progress, scratch }: { readonly progress: Progress; readonly scratch: string },
): Promise<BuiltHalf> {
  const model = await progress.stage('optimise fp16', () => optimise(source, scratch, 'basic'));
  maskAsBias(model.graph, await valueTypes(model, scratch));
  const types = await valueTypes(model, scratch);
  const runs = await progress.stage('measure ranges', (report) =>
    runGraph(withPeaks(model, types), feeds, report, scratch),
  );
  return progress.stage('half', async () => {
    const report = half(model, types, peaksOf(runs));
    return { model, rounded: rounded(model, await valueTypes(model, scratch)), report };
  });
}
