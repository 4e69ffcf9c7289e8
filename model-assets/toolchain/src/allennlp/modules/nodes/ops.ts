/** Nodes that many parts are made of. Values are names, and a constant that is asked for again is the same one. */
import type { OpOptions } from '../../../graph/builder.ts';
import { int } from '../../../graph/node.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../graph/tensor.ts';
import type { Scope } from '../module.ts';

export type Attributes = OpOptions['attributes'];

/** A node of this place with one output, named after its operator. */
export function op(
  scope: Scope,
  opType: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): string {
  return scope.graph.op(opType, inputs, scope.name(opType), { attributes });
}

/** A constant of this place, the same one when a part is used again: an encoder of two texts has its weights once. */
export function constant(scope: Scope, part: string, dims: readonly number[], values: Float32Array): string {
  return scope.once(`constant ${scope.path}/${part} [${dims}]`, () =>
    scope.graph.constant(floatTensor(scope.name(part), dims, values)),
  );
}

/** A number as float32, without axes. */
export function scalar(scope: Scope, value: number): string {
  const name = `number ${value}`;
  return scope.once(name, () =>
    scope.graph.constant(floatTensor(scope.name(name), [], Float32Array.of(value))),
  );
}

/** Whole numbers as an int64 vector: axes, a shape. */
export function integers(scope: Scope, values: readonly number[]): string {
  const name = `integers ${values.join(' ')}`;
  return scope.once(name, () => scope.graph.constant(int64Tensor(scope.name(name), [values.length], values)));
}

/** A whole number as int64, without axes. */
export function integer(scope: Scope, value: number): string {
  const name = `integer ${value}`;
  return scope.once(name, () => scope.graph.constant(int64Tensor(scope.name(name), [], [value])));
}

/** An axis of 0 is that of `x`, one of -1 what is left. */
export function reshape(scope: Scope, x: string, dims: readonly number[]): string {
  return op(scope, 'Reshape', [x, integers(scope, dims)]);
}

export function concat(scope: Scope, values: readonly string[], axis: number): string {
  const [first] = values;
  if (values.length === 1 && first !== undefined) return first;
  return op(scope, 'Concat', values, { axis: int(axis) });
}

/** The part from `start` up to, not including, `end`; both may count from the end. */
export function slice(scope: Scope, x: string, axis: number, start: number, end?: number): string {
  return op(scope, 'Slice', [
    x,
    integers(scope, [start]),
    integers(scope, [end ?? Number.MAX_SAFE_INTEGER]),
    integers(scope, [axis]),
  ]);
}

export function unsqueeze(scope: Scope, x: string, ...axes: readonly number[]): string {
  return op(scope, 'Unsqueeze', [x, integers(scope, axes)]);
}

export function squeeze(scope: Scope, x: string, ...axes: readonly number[]): string {
  return op(scope, 'Squeeze', [x, integers(scope, axes)]);
}

/** Some axes of the shape of `x`, as an int64 vector. */
export function shape(scope: Scope, x: string, start: number, end?: number): string {
  const until = end === undefined ? {} : { end: int(end) };
  return op(scope, 'Shape', [x], { start: int(start), ...until });
}

export function cast(scope: Scope, x: string, to: keyof typeof ELEMENT): string {
  return op(scope, 'Cast', [x], { to: int(ELEMENT[to]) });
}

/** Sums over an axis. */
export function sum(scope: Scope, x: string, axis: number, keepsAxis = false): string {
  return op(scope, 'ReduceSum', [x, integers(scope, [axis])], { keepdims: int(keepsAxis ? 1 : 0) });
}

/** The greatest values along an axis. */
export function max(scope: Scope, x: string, axis: number): string {
  return op(scope, 'ReduceMax', [x, integers(scope, [axis])], { keepdims: int(0) });
}

export function softmax(scope: Scope, x: string, axis = -1): string {
  return op(scope, 'Softmax', [x], { axis: int(axis) });
}
