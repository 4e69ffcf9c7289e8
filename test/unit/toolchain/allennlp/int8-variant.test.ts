import { describe, expect, it } from 'vitest';
import { finishGraph } from '../../../../model-assets/toolchain/src/allennlp/modules/finish-graph.ts';
import { newScope } from '../../../../model-assets/toolchain/src/allennlp/modules/index.ts';
import type { ArchiveGraph } from '../../../../model-assets/toolchain/src/allennlp/modules/module.ts';
import { linear } from '../../../../model-assets/toolchain/src/allennlp/modules/nodes/linear.ts';
import { softmax } from '../../../../model-assets/toolchain/src/allennlp/modules/nodes/ops.ts';
import {
  INT8_TOLERANCE,
  judgeAnswers,
  quantiseGraphs,
} from '../../../../model-assets/toolchain/src/allennlp/package/int8-variant.ts';
import { GraphBuilder } from '../../../../model-assets/toolchain/src/graph/builder.ts';
import { archiveOf, Numbers } from '../../../fixtures/allennlp-module.ts';

const INPUTS = 128;

/** A classifier, with a product before it or none. */
function classifierGraph({ inner = true }: { readonly inner?: boolean } = {}): ArchiveGraph {
  const inputs = INPUTS;
  const numbers = new Numbers(3);
  const tensors = {
    ...{ 'inner.weight': numbers.tensor([inputs, inputs]), 'inner.bias': numbers.tensor([inputs]) },
    ...{ 'outer.weight': numbers.tensor([2, inputs]), 'outer.bias': numbers.tensor([2]) },
  };
  const scope = newScope(new GraphBuilder('test'), archiveOf(tensors));
  const x = scope.input('x', 'float32', ['batch', inputs]);
  const encoded = inner ? softmax(scope, linear(scope.at('inner'), x, inputs, inputs)) : x;
  const logits = linear(scope.at('outer'), encoded, inputs, 2);
  return finishGraph(scope, { logits: { value: logits, axes: ['batch', 2] } });
}

const operators = ({ model }: ArchiveGraph) => model.graph.node.map(({ opType }) => opType);

describe('the graphs of an archive in int8', () => {
  it('have products of blocks of integers, but the classifier as it was', () => {
    const graph = classifierGraph();
    expect(quantiseGraphs({ model: graph }, { scheme: 'int8-blocks-64', size: 64 })).toBe(true);
    expect(operators(graph)).toContain('MatMulNBits');
    expect(operators(graph).filter((operator) => operator === 'MatMul')).toHaveLength(1);
  });

  it('are none where there is nothing but a classifier', () => {
    const graph = classifierGraph({ inner: false });
    expect(quantiseGraphs({ model: graph }, { scheme: 'int8-blocks-64', size: 64 })).toBe(false);
    expect(operators(graph)).not.toContain('MatMulNBits');
  });
});

describe('the answers of int8', () => {
  const goldens = [{ input: { sentence: 'x' }, output: { label: 'a', probs: [0.9, 0.1] } }];
  const judge = (answer: unknown) => judgeAnswers(goldens, async () => answer);

  it('are good where only numbers are a little off, and goldens take twice as much from then on', async () => {
    const judged = await judge({ label: 'a', probs: [0.89, 0.11] });
    expect(judged?.largestDifference).toBeCloseTo(0.01, 4);
    expect(judged?.tolerance).toBeCloseTo(0.02, 4);
    expect(await judge({ label: 'a', probs: [0.9, 0.1] })).toEqual({ tolerance: 1e-3, largestDifference: 0 });
  });

  it('are not where a label is another one, or a number is far off', async () => {
    expect(await judge({ label: 'b', probs: [0.9, 0.1] })).toBeUndefined();
    expect(await judge({ label: 'a', probs: [0.9 - 2 * INT8_TOLERANCE, 0.2] })).toBeUndefined();
  });
});
