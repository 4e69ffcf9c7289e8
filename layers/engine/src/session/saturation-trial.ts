/** Asks the kernels of this processor whether they saturate: a product of which the sum is known. */
import './no-telemetry.ts';
import { EngineError } from '@pilotlight/model-format/errors';
import * as ort from 'onnxruntime-node';
import { bytes, number, text } from './graph-bytes.ts';

const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const ROWS = 2;
const COLUMNS = 16;
const DEPTH = 4;
const ACTIVATION = 255;
const WEIGHT = 127;

let answer: Promise<boolean> | undefined;

/**
 * Whether sums of products of u8 activations and s8 weights saturate here. x86 without VNNI adds pairs of them in 16 bits
 * (`vpmaddubsw`), and 2 x 255 x 127 is more than 32,767. It is answered once for each thread; a millisecond or less. See
 * ADR-precision.md.
 *
 * @throws EngineError SESSION_FAILED
 */
export function sumsSaturate(): Promise<boolean> {
  // Other architectures have instructions that add in 32 bits, or no fast kernel at all.
  if (process.arch !== 'x64') return Promise.resolve(false);
  answer ??= trySum().catch((error: unknown) => {
    // The next load asks again.
    answer = undefined;
    throw error;
  });
  return answer;
}

async function trySum(): Promise<boolean> {
  try {
    const session = await ort.InferenceSession.create(productOfConstants(), {
      executionProviders: ['cpu'],
      // Else the product would be computed by the optimiser, which may have other kernels.
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      enableCpuMemArena: false,
      logSeverityLevel: 3,
    });
    const { sums } = await session.run({});
    await session.release();
    return sums?.data[0] !== DEPTH * ACTIVATION * WEIGHT;
  } catch (cause) {
    throw new EngineError('SESSION_FAILED', 'ONNX Runtime cannot multiply integers here.', { cause });
  }
}

/** `sums = activations · weights` as an ONNX file; field numbers are those of onnx.proto3. */
function productOfConstants(): Uint8Array {
  const graph = [
    ...bytes(1, [
      ...text(1, 'activations'),
      ...text(1, 'weights'),
      ...text(2, 'sums'),
      ...text(4, 'MatMulInteger'),
    ]),
    ...text(2, 'saturation'),
    ...bytes(5, constant('activations', UINT8, [ROWS, DEPTH], ACTIVATION)),
    ...bytes(5, constant('weights', INT8, [DEPTH, COLUMNS], WEIGHT)),
    ...bytes(12, [...text(1, 'sums'), ...bytes(2, bytes(1, number(1, INT32)))]),
  ];
  const operatorSet = [...text(1, ''), ...number(2, 17)];
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, operatorSet)]);
}

/** A tensor of which all values are `value`. */
function constant(name: string, type: number, dims: readonly number[], value: number): number[] {
  const values = new Uint8Array(dims.reduce((product, dim) => product * dim, 1)).fill(value);
  return [
    ...dims.flatMap((dim) => number(1, dim)),
    ...number(2, type),
    ...text(8, name),
    ...bytes(9, values),
  ];
}
