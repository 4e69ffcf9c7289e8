/** Runs a graph that is measured and never served. */
import { tmpdir } from 'node:os';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { OnnxModel } from '../graph/onnx.ts';
import { withSession } from './with-session.ts';

/** One input of a graph, `[1, tokens]`, by its name. */
export type Feed = Readonly<Record<string, readonly number[]>>;

/** Packed copies of the weights would take as much memory again. */
const OPTIONS = {
  graphOptimizationLevel: 'extended',
  extra: { session: { disable_prepacking: '1' } },
} as const;

/**
 * Runs a graph whose outputs are scalars on each of the feeds, and gives the outputs of each run by their names.
 * `scratch` is the folder for what the runtime reads, as large as the model.
 */
export async function runGraph(
  model: OnnxModel,
  feeds: readonly Feed[],
  report: (done: number) => void = () => {},
  scratch = tmpdir(),
): Promise<readonly Readonly<Record<string, number>>[]> {
  return withSession(model, scratch, OPTIONS, async (session) => {
    const runs: Record<string, number>[] = [];
    for (const [index, feed] of feeds.entries()) {
      runs.push(await runOnce(session, feed));
      report((index + 1) / feeds.length);
    }
    return runs;
  });
}

async function runOnce(session: InferenceSession, feed: Feed): Promise<Record<string, number>> {
  const tensors = Object.entries(feed).map(
    ([name, values]) =>
      [name, new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])] as const,
  );
  const outputs = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Number(data[0])]));
}
