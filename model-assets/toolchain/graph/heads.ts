/** The inputs, outputs and classification layers that families have in common. */

import { ToolchainError } from '../errors.ts';
import type { Architecture, BuiltGraph, GraphInputs, GraphOutputs, Head } from './architecture.ts';
import { GraphBuilder } from './builder.ts';
import { dense } from './dense.ts';
import { ELEMENT, int64Tensor } from './tensor.ts';
import { type WeightSource, Weights } from './weights.ts';

type InputRole = GraphInputs[number]['role'];

/** What a family computes: everything between the inputs and the head. */
export interface Family {
  readonly name: Architecture['modelType'];
  readonly inputs: readonly InputRole[];
  readonly hidden: number;
  readonly maxTokens: number;
  readonly vocabulary: number;
  /** [batch, tokens, hidden], or [batch, 1, hidden] where only the first token is asked for. */
  encode(graph: GraphBuilder, weights: Weights, options: { firstTokenOnly: boolean }): string;
  /** What sequence classification does to the first token before the classifier: [batch, 1, hidden] to the same. */
  pool(graph: GraphBuilder, weights: Weights, first: string): string;
}

/** Puts the inputs before a family and the head after it. */
export function buildWithHead(family: Family, source: WeightSource, head: Head, labels: number): BuiltGraph {
  const graph = new GraphBuilder(family.name);
  const weights = new Weights(source, `${family.name}.`);
  for (const role of family.inputs) graph.input(role, ELEMENT.int64, ['batch', 'tokens']);
  const hidden = family.encode(graph, weights, { firstTokenOnly: head === 'sequence-classification' });
  const output = addHead(graph, weights, family, hidden, head, labels);
  const lengths: Readonly<Record<string, number>> = { hidden: family.hidden, labels };
  graph.output(
    output.name,
    ELEMENT.float32,
    output.axes.map((axis) => lengths[axis] ?? axis),
  );
  return {
    model: graph.build(),
    inputs: family.inputs.map((role) => ({ name: role, role, type: 'int64', axes: ['batch', 'tokens'] })),
    outputs: [output],
    maxTokens: family.maxTokens,
    vocabulary: family.vocabulary,
    unused: weights.unused(),
  };
}

function addHead(
  graph: GraphBuilder,
  weights: Weights,
  family: Family,
  hidden: string,
  head: Head,
  labels: number,
): GraphOutputs[number] {
  const classify = (x: string, name: string) =>
    dense(graph, weights, x, family.hidden, [{ name: 'classifier', outputs: labels }], name);
  switch (head) {
    case 'sequence-classification': {
      const scores = classify(family.pool(graph, weights, hidden), 'classifier');
      graph.op('Squeeze', [scores, graph.constant(int64Tensor('logits/axis', [1], [1]))], 'logits');
      return { name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'labels'] };
    }
    case 'token-classification':
      classify(hidden, 'logits');
      return { name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'tokens', 'labels'] };
    case 'question-answering':
    case 'masked-lm':
      throw new ToolchainError('SOURCE_UNSUPPORTED', `There is no graph for the head ${head}.`);
    case 'none':
      graph.op('Identity', [hidden], 'last_hidden_state');
      return {
        name: 'last_hidden_state',
        role: 'hidden_states',
        type: 'float32',
        axes: ['batch', 'tokens', 'hidden'],
      };
  }
}
