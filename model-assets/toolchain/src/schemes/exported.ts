import type { OnnxModel } from '../graph/onnx.ts';
import { byteCount } from '../graph/tensor.ts';
import type { ModelSource } from '../sources/index.ts';
import { optimise } from '../stages/optimise.ts';
import { cpuBudget } from '../stages/tune.ts';
import type { Scheme } from './scheme.ts';

/** The optimiser may make the weights larger by this factor: it repeats some for the sake of layout. */
const GROWTH = 1.1;

/** The graph of an export that is quantised already, in a way of its own. See stages/ADR-exported.md. */
export function exported(precision: NonNullable<ModelSource['precision']>): Scheme {
  return {
    tier: 'lambda',
    tokenBudget: cpuBudget,
    rungs: [
      {
        scheme: precision === 'int4' ? 'int4-exported' : 'int8-exported',
        title: 'as exported',
        build: async (source, { progress, scratch }) => ({
          model: await progress.stage('optimise export', () => optimiseAtSize(source, scratch)),
        }),
      },
    ],
    otherwise: 'Package an export in fp32.',
  };
}

/** Leaves integers packed, where folding would turn them into the floating-point numbers that they stand for. */
async function optimiseAtSize(source: OnnxModel, scratch: string): Promise<OnnxModel> {
  const bytes = weightBytes(source);
  const folded = await optimise(source, { scratch });
  return weightBytes(folded) <= GROWTH * bytes ? folded : optimise(source, { scratch, folds: false });
}

function weightBytes({ graph }: OnnxModel): number {
  return graph.initializer.reduce((sum, tensor) => sum + byteCount(tensor), 0);
}
