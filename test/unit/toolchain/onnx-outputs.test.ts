import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import type { OnnxGraph } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { mapOutputs, type OutputChoice } from '../../../model-assets/toolchain/src/sources/onnx-outputs.ts';

const { float32, int64 } = ELEMENT;
type Declared = Readonly<Record<string, readonly [type: number, axes: readonly (number | string)[]]>>;

const STATES = ['b', 's', 384] as const;
const POOLED = ['b', 384] as const;

/** A graph whose outputs are what is declared; what they compute is of no account here. */
function graphWith(outputs: Declared): OnnxGraph {
  const graph = new GraphBuilder('outputs');
  const ids = graph.input('input_ids', int64, ['b', 's']);
  for (const [name, [type, axes]] of Object.entries(outputs)) {
    graph.output(graph.op('Identity', [graph.op('Neg', [ids], `to ${name}`)], name), type, axes);
  }
  return graph.build().graph;
}

const embeds: OutputChoice = { task: 'feature-extraction', labels: 0, pools: false };
const named = ({ outputs }: ReturnType<typeof mapOutputs>) => outputs.map(({ name, role }) => [name, role]);

describe('the output of an export', () => {
  it('is found by type and shape among others, and the graph is left with what it needs', () => {
    const graph = graphWith({
      output: [int64, ['b', 's']],
      n463: [int64, ['x', 'y']],
      'onnx::Shape_422': [float32, STATES],
      n461: [float32, ['x', 'y']],
    });
    const mapped = mapOutputs(graph, embeds);
    expect(named(mapped)).toEqual([['onnx::Shape_422', 'hidden_states']]);
    expect(mapped.notes).toEqual([
      "output 'onnx::Shape_422' is taken as hidden_states: float32 [batch, tokens, hidden]",
      'outputs that are left out: output, n463, n461; --output takes another',
    ]);
    expect(graph.output.map(({ name }) => name)).toEqual(['onnx::Shape_422']);
    expect(graph.node.map(({ output }) => output[0])).toEqual(['to onnx::Shape_422', 'onnx::Shape_422']);
  });

  it('has the usual name before another that fits, without a note', () => {
    const mapped = mapOutputs(
      graphWith({ attentions: [float32, STATES], last_hidden_state: [float32, STATES] }),
      embeds,
    );
    expect(mapped).toMatchObject({ outputs: [{ name: 'last_hidden_state' }], notes: [] });
  });

  it('is the one that the caller names', () => {
    const graph = () => graphWith({ last_hidden_state: [float32, STATES], other: [float32, STATES] });
    expect(named(mapOutputs(graph(), { ...embeds, output: 'other' }))).toEqual([['other', 'hidden_states']]);
    expect(() => mapOutputs(graph(), { ...embeds, output: 'none' })).toThrow(
      'needs an output none; it has last_hidden_state, other',
    );
  });

  it('has to be named where several fit', () => {
    const graph = graphWith({ a: [float32, STATES], b: [float32, STATES] });
    expect(() => mapOutputs(graph, embeds)).toThrow(
      'Several outputs could be the hidden_states: a, b. Say which with --output.',
    );
  });
});

describe('a graph that pools', () => {
  it.each(['sentence_embedding', 'embeddings', 'text_embeds'])('gives the vector of a text as %s', (name) => {
    const mapped = mapOutputs(graphWith({ [name]: [float32, POOLED] }), embeds);
    expect(mapped).toMatchObject({
      outputs: [{ name, role: 'embeddings', axes: ['batch', 'hidden'] }],
      notes: [`output '${name}' is the vector of a text, pooled by the graph`],
    });
  });

  it('gives vectors of tokens too, so that a call may pool in another way', () => {
    const graph = graphWith({
      token_embeddings: [float32, STATES],
      sentence_embedding: [float32, POOLED],
    });
    expect(named(mapOutputs(graph, embeds))).toEqual([
      ['token_embeddings', 'hidden_states'],
      ['sentence_embedding', 'embeddings'],
    ]);
  });

  it('gives the vectors of tokens alone where the caller chooses the pooling', () => {
    const graph = graphWith({ sentence_embedding: [float32, POOLED], token_embeddings: [float32, STATES] });
    expect(named(mapOutputs(graph, { ...embeds, pools: true }))).toEqual([
      ['token_embeddings', 'hidden_states'],
    ]);
  });

  it('is believed where the caller names an output of two axes', () => {
    const graph = graphWith({ x: [float32, STATES], y: [float32, ['b', 'w']] });
    expect(named(mapOutputs(graph, { ...embeds, output: 'y' }))).toEqual([['y', 'embeddings']]);
  });

  it("is not what a classifier's logits or the pooler of BERT come from", () => {
    expect(() => mapOutputs(graphWith({ logits: [float32, ['b', 3]] }), embeds)).toThrow(
      'needs an output last_hidden_state; it has logits. If one of them is meant, name it with --output.',
    );
    const bert = graphWith({ pooler_output: [float32, POOLED], last_hidden_state: [float32, STATES] });
    expect(named(mapOutputs(bert, embeds))).toEqual([['last_hidden_state', 'hidden_states']]);
  });
});

describe('the outputs of other tasks', () => {
  it('are found by shape too: logits by the number of labels', () => {
    const graph = graphWith({ pooled: [float32, POOLED], scores: [float32, ['b', 3]] });
    const choice = { task: 'text-classification', labels: 3, pools: false } as const;
    expect(named(mapOutputs(graph, choice))).toEqual([['scores', 'logits']]);
  });

  it('are taken in their order where two are wanted and two fit', () => {
    const graph = graphWith({ first: [float32, ['b', 's']], second: [float32, ['b', 's']] });
    const choice = { task: 'question-answering', labels: 0, pools: false } as const;
    expect(named(mapOutputs(graph, choice))).toEqual([
      ['first', 'start_logits'],
      ['second', 'end_logits'],
    ]);
    expect(() => mapOutputs(graph, { ...choice, output: 'first' })).toThrow('reads 2 outputs');
  });
});
