/** How fast one thread of ONNX Runtime reads memory: a product of one row with a matrix that no cache holds. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT } from '../../../model-assets/toolchain/src/graph/tensor.ts';

const ROWS = 8192;
const COLUMNS = 8192;
const RUNS = 8;
const BYTES = 4;

/** Bytes a second, of the best run. */
export async function measureBandwidth(threads: number): Promise<number> {
  const graph = new GraphBuilder('bandwidth');
  const row = graph.input('row', ELEMENT.float32, [1, ROWS]);
  const matrix = graph.input('matrix', ELEMENT.float32, [ROWS, COLUMNS]);
  graph.op('MatMul', [row, matrix], 'product');
  graph.output('product', ELEMENT.float32, [1, COLUMNS]);
  const session = await InferenceSession.create(encodeModel(graph.build()), { intraOpNumThreads: threads });
  const feeds = {
    row: new Tensor('float32', new Float32Array(ROWS).fill(1), [1, ROWS]),
    matrix: new Tensor('float32', new Float32Array(ROWS * COLUMNS).fill(1), [ROWS, COLUMNS]),
  };
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - start);
  }
  await session.release();
  return (1000 * BYTES * ROWS * COLUMNS) / best;
}
