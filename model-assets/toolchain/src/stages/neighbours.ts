/** Proves that the answer to a text does not depend on the texts beside it in a batch. */
import type { Golden, Predictor } from '@pilotlight/engine';
import { compareWithGolden } from '@pilotlight/engine/internal/predict/goldens/compare';
import { toGoldenRequest } from '@pilotlight/engine/internal/predict/goldens/golden';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { ToolchainError } from '../errors.ts';

/**
 * Runs the goldens, which were made one by one, in one call. Gives the root of squared differences over squared expected values.
 * Throws SOURCE_UNSUPPORTED where the graph does not take a batch.
 */
export async function measureNeighbours(
  predictor: Pick<Predictor, 'infer'>,
  goldens: readonly Golden[],
): Promise<number> {
  const together = await explainRefusedBatch(() =>
    predictor.infer(goldens.map(toGoldenRequest), { truncate: true }),
  );
  let error = 0;
  let expected = 0;
  for (const [index, golden] of goldens.entries()) {
    const result = together[index];
    const values = Object.values(result?.outputs ?? {});
    const incomplete = values.some(
      ({ dims, data }) => data.length !== dims.reduce((all, dim) => all * dim, 1),
    );
    const comparison = compareWithGolden(golden, result);
    if (incomplete) throw fixedBatch('it gives fewer rows than it gets texts');
    if ('problem' in comparison) {
      throw new ToolchainError(
        'SOURCE_UNSUPPORTED',
        `The graph answers otherwise beside other texts than alone: ${comparison.problem}. It has to obey attention_mask, for padding on the right.`,
      );
    }
    error += comparison.deviation.squaredError;
    expected += comparison.deviation.squaredExpected;
  }
  return Math.sqrt(error / (expected || 1));
}

/** Runs `work` on a graph that was not run before, and explains where it fails. Throws SOURCE_UNSUPPORTED. */
export async function explainRefusedBatch<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!PilotlightError.is(error) || error.code !== 'SESSION_FAILED') throw error;
    const { cause } = error;
    const reason = cause instanceof Error ? cause.message : error.message;
    throw fixedBatch(reason.trim().split('\n', 1)[0] ?? '', error);
  }
}

function fixedBatch(reason: string, cause?: unknown): ToolchainError {
  return new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The graph does not take texts of any number and length: ${reason}. Export the model with dynamic axes for batch and tokens.`,
    { cause },
  );
}
