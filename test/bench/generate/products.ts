/**
 * The int8 products of a step of Pilotlight and nothing else: no cache, no attention, no head's search, no JavaScript. What is above them is
 * ours to shorten; they are the kernels of ONNX Runtime, the same ones that the peer's products run on.
 */
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder, MICROSOFT } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { loadModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import {
  encodeModel,
  type OnnxModel,
  type OnnxTensor,
} from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor, rawTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { PACKAGES, type PreparedGenerator } from './prepare.ts';

/** Where each kind of product has the zero point of its weights. */
const PRODUCTS: ReadonlyMap<string, number> = new Map([
  ['MatMulIntegerToFloat', 5],
  ['MatMulInteger', 3],
]);
const ZERO_POINT = 128;
const RUNS = 8;

export class StepProducts {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** @throws ToolchainError GRAPH_INVALID where the step has none */
  static async open({ folder, name }: PreparedGenerator, threads: number): Promise<StepProducts> {
    const { model } = loadModel(join(folder, PACKAGES, name, '1.0.0', 'int8', 'step', 'model.onnx'));
    return new StepProducts(
      await InferenceSession.create(encodeModel(keepProducts(model)), { intraOpNumThreads: threads }),
    );
  }

  /** Milliseconds of CPU that the products of `rows` tokens take: the best run, because nothing but these is meant. */
  async measure(rows: number): Promise<number> {
    const feeds = Object.fromEntries(
      this.#session.inputNames.map((input) => {
        const width = Number(input.slice(PREFIX.length));
        return [input, new Tensor('uint8', new Uint8Array(rows * width).fill(ZERO_POINT), [rows, width])];
      }),
    );
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      const before = process.cpuUsage();
      await this.#session.run(feeds);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1000);
    }
    return best;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

const PREFIX = 'rows-';

/** A graph of the products of `model`, each of rows that are given to it. It gives their shapes alone, so that nothing is copied out of the runtime. */
function keepProducts({ graph: { node: nodes, initializer } }: OnnxModel): OnnxModel {
  const graph = new GraphBuilder('products');
  const weights = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const one = graph.constant(floatTensor('scale', [], Float32Array.of(1)));
  const zero = graph.constant(rawTensor('zero', ELEMENT.uint8, [], Uint8Array.of(ZERO_POINT)));
  const copied = (tensor: OnnxTensor | undefined): string =>
    tensor === undefined ? '' : graph.has(tensor.name) ? tensor.name : graph.constant(tensor);
  for (const { opType, name, input } of nodes) {
    const zeroPoint = PRODUCTS.get(opType);
    const weight = weights.get(input[1] ?? '');
    if (zeroPoint === undefined || !weight) continue;
    const [depth = 0] = weight.dims.map(Number);
    const rows = `${PREFIX}${depth}`;
    if (!graph.has(rows)) graph.input(rows, ELEMENT.uint8, ['rows', depth]);
    const inputs = [rows, copied(weight), one, one, zero, copied(weights.get(input[zeroPoint] ?? ''))];
    const product = graph.op('MatMulIntegerToFloat', inputs, `${name}/alone`, { domain: MICROSOFT });
    graph.output(graph.op('Shape', [product], `${name}/shape`), ELEMENT.int64, [2]);
  }
  return graph.build();
}
