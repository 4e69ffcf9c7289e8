/** The activations that AllenNLP registers, as torch computes them. */
import { z } from 'zod';
import { float, string } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { op, scalar } from './ops.ts';

type Apply = (scope: Scope, x: string) => string;

const ACTIVATIONS = {
  linear: (_scope, x) => x,
  relu: (scope, x) => op(scope, 'Relu', [x]),
  relu6: (scope, x) => op(scope, 'Clip', [x, scalar(scope, 0), scalar(scope, 6)]),
  elu: (scope, x) => op(scope, 'Elu', [x]),
  gelu: (scope, x) => op(scope, 'Gelu', [x]),
  gelu_new: (scope, x) => op(scope, 'Gelu', [x], { approximate: string('tanh') }),
  gelu_fast: (scope, x) => op(scope, 'Gelu', [x], { approximate: string('tanh') }),
  leaky_relu: (scope, x) => op(scope, 'LeakyRelu', [x], { alpha: float(0.01) }),
  hardtanh: (scope, x) => op(scope, 'Clip', [x, scalar(scope, -1), scalar(scope, 1)]),
  sigmoid: (scope, x) => op(scope, 'Sigmoid', [x]),
  tanh: (scope, x) => op(scope, 'Tanh', [x]),
  log_sigmoid: (scope, x) => op(scope, 'Neg', [op(scope, 'Softplus', [op(scope, 'Neg', [x])])]),
  softplus: (scope, x) => op(scope, 'Softplus', [x]),
  softshrink: (scope, x) => op(scope, 'Shrink', [x], { lambd: float(0.5), bias: float(0.5) }),
  softsign: (scope, x) => op(scope, 'Softsign', [x]),
  tanhshrink: (scope, x) => op(scope, 'Sub', [x, op(scope, 'Tanh', [x])]),
  selu: (scope, x) => op(scope, 'Selu', [x]),
  mish: (scope, x) => op(scope, 'Mul', [x, op(scope, 'Tanh', [op(scope, 'Softplus', [x])])]),
  swish: (scope, x) => op(scope, 'Mul', [x, op(scope, 'Sigmoid', [x])]),
} satisfies Record<string, Apply>;

export type ActivationName = keyof typeof ACTIVATIONS;

const name = z.enum(Object.keys(ACTIVATIONS) as [ActivationName, ...ActivationName[]]);

/** A name, alone or in `type`; those with parameters of their own (prelu, threshold) are not supported. */
export const activation = z.union([name, z.strictObject({ type: name }).transform(({ type }) => type)], {
  error: ({ input }) => notSupported(input),
});

/** One for all layers, or one for each. */
export const activations = z.union([activation, z.array(activation)], {
  error: ({ input }) => notSupported(input),
});

function notSupported(given: unknown): string {
  return `${JSON.stringify(given)} is not supported; activations are ${Object.keys(ACTIVATIONS).join(', ')}`;
}

export function applyActivation(scope: Scope, activationName: ActivationName, x: string): string {
  return ACTIVATIONS[activationName](scope, x);
}
