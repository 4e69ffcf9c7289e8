/** Layer norms over the last axis. */
import { float, int } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { op } from './ops.ts';

/** AllenNLP adds 1e-13 to the standard deviation; under the root of the variance that is its square. */
const ALLENNLP_EPSILON = 1e-26;

/** AllenNLP's LayerNorm by the tensors `gamma` and `beta` of a place. */
export function allennlpNorm(scope: Scope, x: string, dim: number): string {
  return normalise(scope, x, scope.weight('gamma', [dim]), scope.weight('beta', [dim]), ALLENNLP_EPSILON);
}

/** torch.nn.LayerNorm by the tensors `weight` and `bias` of a place. */
export function torchNorm(scope: Scope, x: string, dim: number, epsilon = 1e-5): string {
  return normalise(scope, x, scope.weight('weight', [dim]), scope.weight('bias', [dim]), epsilon);
}

function normalise(scope: Scope, x: string, scale: string, bias: string, epsilon: number): string {
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  return op(scope, 'LayerNormalization', [x, scale, bias], attributes);
}
