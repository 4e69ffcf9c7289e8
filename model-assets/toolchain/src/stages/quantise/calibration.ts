/** Chooses the scales of all activations of a graph, a few at a time, so that their rows need not be in memory together. */
import type { OnnxModel } from '../../graph/onnx.ts';
import { type Activations, capture, MOST_ROWS } from '../../runtime/capture.ts';
import { type ProductRunner, withProductRunner } from '../../runtime/product-error.ts';
import type { Feed } from '../../runtime/run-graph.ts';
import { type Group, inputsOf } from './sites.ts';

/** Bytes of rows that are in memory at once. */
const MOST_BYTES = 2 ** 28;

export interface CalibrationOptions {
  readonly feeds: readonly Feed[];
  /** A folder for what the runtime reads, as large as the model. */
  readonly scratch: string;
  readonly report?: (done: number) => void;
}

/** Runs `work` on each group with what its products read on the calibration texts, and gives the results by the names of these activations. */
export async function calibrate<Result>(
  model: OnnxModel,
  groups: readonly Group[],
  { feeds, scratch, report = () => {} }: CalibrationOptions,
  work: (group: Group, activations: Activations, runner: ProductRunner) => Promise<Result>,
): Promise<ReadonlyMap<string, Result>> {
  const { output } = model.graph;
  const results = new Map<string, Result>();
  const parts = divide(groups);
  try {
    await withProductRunner(scratch, async (runner) => {
      for (const [index, part] of parts.entries()) {
        const tell = (done: number): void => report((index + done) / parts.length);
        const values = part.map(({ activations }) => activations);
        const captured = await capture(model, values, feeds, scratch, (done) => tell(done / 2));
        for (const [position, group] of part.entries()) {
          const activations = captured.get(group.activations);
          if (activations !== undefined)
            results.set(group.activations, await work(group, activations, runner));
          tell((1 + (position + 1) / part.length) / 2);
        }
      }
    });
  } finally {
    model.graph.output = output;
  }
  return results;
}

function divide(groups: readonly Group[]): readonly (readonly Group[])[] {
  const parts: Group[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    const own = 4 * MOST_ROWS * inputsOf(group.sites);
    if (bytes + own > MOST_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(group);
    bytes += own;
  }
  return parts;
}
