/**
 * A graph of three nodes as an ONNX file: `y = float32(float16(x) · w)`, `x` and `y` [1, 2] float32. Whatever
 * serves fp16 variants can run it. It is written by hand, because the engine has no library that writes graphs; field numbers
 * are those of onnx.proto3.
 */

import { bytes, number, text } from './graph-bytes.ts';

const FLOAT = 1;
const FLOAT16 = 10;
const INT_ATTRIBUTE = 2;

export const TRIAL_INPUT = Float32Array.of(1, 2);
/** `[1, 2] · [[1, 2], [3, 4]]`, exact in half precision. */
export const TRIAL_OUTPUT = Float32Array.of(7, 10);
/** 1, 2, 3 and 4 in half precision. */
const WEIGHTS = Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400);

export function trialGraph(): Uint8Array {
  const weights = [
    ...number(1, 2),
    ...number(1, 2),
    ...number(2, FLOAT16),
    ...text(8, 'w'),
    ...bytes(9, new Uint8Array(WEIGHTS.buffer)),
  ];
  const graph = [
    ...bytes(1, cast('x', 'half', FLOAT16)),
    ...bytes(1, [...text(1, 'half'), ...text(1, 'w'), ...text(2, 'product'), ...text(4, 'MatMul')]),
    ...bytes(1, cast('product', 'y', FLOAT)),
    ...text(2, 'trial'),
    ...bytes(5, weights),
    ...bytes(11, row('x')),
    ...bytes(12, row('y')),
  ];
  const operatorSet = [...text(1, ''), ...number(2, 17)];
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, operatorSet)]);
}

function cast(input: string, output: string, to: number): number[] {
  const attribute = [...text(1, 'to'), ...number(3, to), ...number(20, INT_ATTRIBUTE)];
  return [...text(1, input), ...text(2, output), ...text(4, 'Cast'), ...bytes(5, attribute)];
}

/** A float32 value of shape [1, 2]. */
function row(name: string): number[] {
  const shape = [1, 2].flatMap((dim) => bytes(1, number(1, dim)));
  const tensor = [...number(1, FLOAT), ...bytes(2, shape)];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}
