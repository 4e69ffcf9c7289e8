/** Rotary position embedding: pairs of channels of queries and keys are turned by the position of their token (Su et al. 2021). */
import { MICROSOFT } from '../../../graph/builder.ts';
import { int } from '../../../graph/node.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../graph/tensor.ts';
import type { RotaryFrequencies } from './rope-frequencies.ts';
import type { StepGraph } from './step-graph.ts';

/**
 * Turns `x` [batch, heads, tokens, dim], the first half of the rotary channels against the second, as `rotate_half` of transformers does.
 * The angles are computed once per step, of the positions; the operator reads those of token t from row t. `kind` tells apart the
 * frequencies that layers of a model differ by.
 */
export function rotate(
  step: StepGraph,
  x: string,
  { frequencies, kind, heads }: { frequencies: RotaryFrequencies; kind: string; heads: number },
  name: string,
): string {
  const { graph, decoder } = step;
  const rotary = 2 * frequencies.values.length;
  const angles = step.once(`rotary/${kind}/angles`, (at) => makeAngles(step, frequencies, at));
  const part = (operator: 'Cos' | 'Sin') =>
    step.once(`rotary/${kind}/${operator}`, (at) => {
      const { attention } = frequencies;
      const wave = graph.op(operator, [angles], attention === 1 ? at : `${at}/unscaled`);
      return attention === 1 ? wave : graph.op('Mul', [wave, step.scalar(attention)], at);
    });
  const attributes =
    rotary === decoder.dim ? {} : { rotary_embedding_dim: int(rotary), num_heads: int(heads) };
  return graph.op(
    'RotaryEmbedding',
    [x, step.once('rotary/rows', (at) => countTokens(step, at)), part('Cos'), part('Sin')],
    name,
    {
      domain: MICROSOFT,
      attributes,
    },
  );
}

/** [batch * tokens, rotary channels / 2] */
function makeAngles(step: StepGraph, { values }: RotaryFrequencies, at: string): string {
  const { graph } = step;
  const positions = step.once('rotary/positions', (name) => {
    const cast = graph.op('Cast', [step.positions], `${name}/float`, {
      attributes: { to: int(ELEMENT.float32) },
    });
    return graph.op('Reshape', [cast, step.integers([-1, 1])], name);
  });
  const row = graph.constant(floatTensor(`${at}/frequencies`, [1, values.length], values));
  return graph.op('Mul', [positions, row], at);
}

/** The tokens of the run, counted through: [batch, tokens]. */
function countTokens(step: StepGraph, at: string): string {
  const { graph } = step;
  const scalar = (value: number) => graph.constant(int64Tensor(`${at}/${value}`, [], [value]));
  const count = graph.op('Size', [step.ids], `${at}/count`);
  const all = graph.op('Range', [scalar(0), count, scalar(1)], `${at}/all`);
  return graph.op('Reshape', [all, graph.op('Shape', [step.ids], `${at}/shape`)], at);
}
