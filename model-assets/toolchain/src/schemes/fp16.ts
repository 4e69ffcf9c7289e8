import type { OnnxModel } from '../graph/onnx.ts';
import { runGraph } from '../runtime/run-graph.ts';
import { valueTypes } from '../runtime/value-types.ts';
import { collectPeaks, type HalfReport, half, maskAsBias, rounded, withPeaks } from '../stages/half.ts';
import { optimise } from '../stages/optimise.ts';
import { gpuBudget } from '../stages/tune.ts';
import type { BuildContext, BuiltGraph, Scheme } from './scheme.ts';

/** Half precision, for GPUs. See stages/ADR-half.md. */
export const fp16: Scheme = {
  tier: 'gpu',
  tokenBudget: gpuBudget,
  rungs: [{ scheme: 'fp16', title: 'fp16', build: buildHalf }],
  otherwise: 'Package the model without it: --variants int8,fp32.',
};

/**
 * The graph in half precision, with a twin that rounds as a GPU does. The goldens say how large each value becomes; a value that
 * would leave the range of half precision stays fp32.
 */
export async function buildHalf(
  source: OnnxModel,
  { feeds, progress, scratch }: Pick<BuildContext, 'feeds' | 'progress' | 'scratch'>,
): Promise<BuiltGraph & { readonly twin: OnnxModel; readonly report: HalfReport }> {
  const inputs = await feeds();
  const model = await progress.stage('optimise fp16', () => optimise(source, { scratch, level: 'basic' }));
  maskAsBias(model.graph, await valueTypes(model, scratch));
  const types = await valueTypes(model, scratch);
  const runs = await progress.stage('measure ranges', (report) =>
    runGraph(withPeaks(model, types), inputs, report, scratch),
  );
  return progress.stage('half', async () => {
    const report = half(model, types, collectPeaks(runs));
    const twin = rounded(model, await valueTypes(model, scratch));
    return { model, twin, report, notes: notesOn(report) };
  });
}

function notesOn({ outOfRange, clipped }: HalfReport): string[] {
  const notes: string[] = [];
  if (outOfRange.length > 0) {
    notes.push(
      `fp16: ${outOfRange.length} operators stay fp32, because their values are too large: ${outOfRange.join(', ')}`,
    );
  }
  if (clipped > 0) notes.push(`fp16: ${clipped} constants beyond its range are clipped`);
  return notes;
}
