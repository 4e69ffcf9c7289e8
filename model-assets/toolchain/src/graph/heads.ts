/** The inputs and outputs that families have in common, and the layers of each head. */

import type { BuiltGraph, GraphInputs, GraphOutputs, Head } from './architecture.ts';
import type { BaseModel } from './base-model.ts';
import { GraphBuilder } from './builder.ts';
import { dense } from './dense.ts';
import { type Activation, activate, layerNorm } from './encoder.ts';
import { int } from './node.ts';
import { ELEMENT, int64Tensor } from './tensor.ts';
import { type WeightSource, Weights } from './weights.ts';

type InputRole = GraphInputs[number]['role'];

/** A family with its inputs, and the names of the layers of its heads. */
export interface Family extends BaseModel {
  readonly name: string;
  /** The prefix of the names of the base model in a checkpoint with a head: `bert.`. */
  readonly prefix: string;
  readonly inputs: readonly InputRole[];
  /** Adds the step of sequence classification between the first token and the classifier: [batch, 2, hidden] to the same. */
  pool(graph: GraphBuilder, weights: Weights, first: string): string;
  /** Name of the last layer of sequence classification. */
  readonly classifier: string;
  readonly languageModel: LanguageModelNames;
}

/** The names of the layers of masked language modelling in a checkpoint. */
export interface LanguageModelNames {
  readonly transform: string;
  readonly activation: Activation;
  readonly norm: string;
  /** Its weights are those of the word embeddings where the checkpoint does not have them. */
  readonly decoder: string;
  /** Tensors that may hold the decoder's bias. */
  readonly bias: readonly string[];
}

/** Puts the inputs before a family and the head after it. */
export function buildWithHead(family: Family, source: WeightSource, head: Head, labels: number): BuiltGraph {
  const graph = new GraphBuilder(family.name);
  const weights = new Weights(source, family.prefix);
  for (const role of family.inputs) graph.input(role, ELEMENT.int64, ['batch', 'tokens']);
  const inputs = {
    ids: 'input_ids',
    mask: 'attention_mask',
    types: family.inputs.includes('token_type_ids') ? 'token_type_ids' : undefined,
  };
  const states = family.encode(graph, weights, inputs, {
    firstTokenOnly: head === 'sequence-classification',
  });
  const hidden = states.at(-1) ?? '';
  const outputs = HEADS[head]({ graph, weights, family, hidden, labels });
  const lengths: Readonly<Record<string, number>> = {
    hidden: family.hidden,
    labels,
    vocabulary: family.vocabulary,
  };
  for (const { name, axes } of outputs) {
    graph.output(
      name,
      ELEMENT.float32,
      axes.map((axis) => lengths[axis] ?? axis),
    );
  }
  return {
    model: graph.build(),
    inputs: family.inputs.map((role) => ({ name: role, role, type: 'int64', axes: ['batch', 'tokens'] })),
    outputs,
    maxTokens: family.maxTokens,
    vocabulary: family.vocabulary,
    unused: weights.unused(),
  };
}

interface HeadLayers {
  readonly graph: GraphBuilder;
  readonly weights: Weights;
  readonly family: Family;
  readonly hidden: string;
  readonly labels: number;
}

const HEADS: Readonly<Record<Head, (layers: HeadLayers) => GraphOutputs>> = {
  'sequence-classification': ({ graph, weights, family, hidden, labels }) => {
    const layer = { name: family.classifier, outputs: labels };
    const pooled = family.pool(graph, weights, hidden);
    const scores = dense(graph, weights, pooled, family.hidden, [layer], 'classifier');
    const first = graph.constant(int64Tensor('logits/first', [], [0]));
    graph.op('Gather', [scores, first], 'logits', { attributes: { axis: int(1) } });
    return [{ name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'labels'] }];
  },
  'token-classification': ({ graph, weights, family, hidden, labels }) => {
    const layer = { name: 'classifier', outputs: labels };
    dense(graph, weights, hidden, family.hidden, [layer], 'logits');
    return [{ name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'tokens', 'labels'] }];
  },
  'question-answering': ({ graph, weights, family, hidden }) => {
    const layer = { name: 'qa_outputs', outputs: 2 };
    const both = dense(graph, weights, hidden, family.hidden, [layer], 'qa_outputs');
    const columns = graph.ops('Split', [both], 'qa_outputs/split', 2, {
      attributes: { axis: int(-1), num_outputs: int(2) },
    });
    const axis = graph.constant(int64Tensor('qa_outputs/axis', [1], [2]));
    return (['start_logits', 'end_logits'] as const).map((role, index) => {
      graph.op('Squeeze', [columns[index] ?? '', axis], role);
      return { name: role, role, type: 'float32', axes: ['batch', 'tokens'] };
    });
  },
  'masked-lm': ({ graph, weights, family, hidden }) => {
    const { transform, activation, norm, decoder, bias } = family.languageModel;
    const layer = { name: transform, outputs: family.hidden };
    const turned = dense(graph, weights, hidden, family.hidden, [layer], 'lm/transform');
    const active = activate(graph, activation, turned, 'lm/activation');
    const normed = layerNorm(graph, weights, active, family, norm, 'lm/norm');
    const weight = [`${decoder}.weight`, 'embeddings.word_embeddings.weight'];
    const vocabulary = { name: decoder, outputs: family.vocabulary, tensors: { weight, bias } };
    dense(graph, weights, normed, family.hidden, [vocabulary], 'logits');
    return [{ name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'tokens', 'vocabulary'] }];
  },
  none: ({ graph, hidden }) => {
    const name = graph.op('Identity', [hidden], 'last_hidden_state');
    return [{ name, role: 'hidden_states', type: 'float32', axes: ['batch', 'tokens', 'hidden'] }];
  },
};
