import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { buildGraphs } from '../../../../model-assets/toolchain/src/allennlp/models/index.ts';
import type { ArchiveParts } from '../../../../model-assets/toolchain/src/allennlp/modules/module.ts';
import { encodeModel } from '../../../../model-assets/toolchain/src/graph/onnx.ts';
import { archiveOf, Numbers, type Tensors } from '../../../fixtures/allennlp-module.ts';

const DIM = 2;
const EMBEDDER = {
  token_embedders: { tokens: { type: 'embedding', embedding_dim: DIM, num_embeddings: 5 } },
};
const ENCODER = { type: 'pass_through', input_dim: DIM };

const withLabels = (tensors: Tensors, size: number): ArchiveParts => ({
  ...archiveOf(tensors),
  vocabularySize: () => size,
});

async function run(
  archive: ArchiveParts,
  model: Readonly<Record<string, unknown>>,
  ids: number[][],
  field: string,
) {
  const { model: built } = buildGraphs(archive, model);
  if (!built) throw new Error('There is no graph.');
  const session = await ort.InferenceSession.create(encodeModel(built.model), { intraOpNumThreads: 1 });
  const data = BigInt64Array.from(ids.flat(), BigInt);
  const outputs = await session.run({
    [`${field}.tokens.tokens`]: new ort.Tensor('int64', data, [ids.length, ids[0]?.length ?? 0]),
  });
  await session.release();
  return (name: string) => Array.from(outputs[name]?.data ?? [], Number);
}

describe('the graph of crf_tagger', () => {
  const numbers = new Numbers(7);
  const tensors = {
    'text_field_embedder.token_embedder_tokens.weight': numbers.tensor([5, DIM]),
    'tag_projection_layer._module.weight': numbers.tensor([2, DIM]),
    'tag_projection_layer._module.bias': numbers.tensor([2]),
    'crf.transitions': { dims: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
    'crf.start_transitions': { dims: [2], data: new Float32Array([5, 6]) },
    'crf.end_transitions': { dims: [2], data: new Float32Array([7, 8]) },
    // From the second tag to the first, and from the start to the second, is not allowed.
    'crf._constraint_mask': {
      dims: [4, 4],
      data: new Float32Array([1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
    },
  };
  const model = {
    type: 'crf_tagger',
    text_field_embedder: EMBEDDER,
    encoder: ENCODER,
    label_encoding: 'BIO',
  };
  const NEVER = -10000;

  it('gives the transitions with the constraints applied, and the mask of the tokens', async () => {
    const output = await run(withLabels(tensors, 2), model, [[1, 2, 0]], 'tokens');
    expect(output('transitions')).toEqual([
      ...[1, 2, NEVER, 7],
      ...[NEVER, 4, NEVER, 8],
      ...[5, NEVER, NEVER, NEVER],
      ...[NEVER, NEVER, NEVER, NEVER],
    ]);
    expect(output('mask')).toEqual([1, 1, 0]);
  });

  it('has no scores for the start and the end where the archive learnt none', async () => {
    const { 'crf.start_transitions': _, 'crf.end_transitions': __, ...fewer } = tensors;
    const without = { ...model, include_start_end_transitions: false };
    const output = await run(withLabels(fewer, 2), without, [[1]], 'tokens');
    expect(output('transitions').slice(8, 12)).toEqual([0, NEVER, NEVER, NEVER]);
  });
});

describe('the graph of biaffine_parser', () => {
  const numbers = new Numbers(3);
  const LABELS = 3;
  const layer = { weight: [DIM, DIM], bias: [DIM] };
  const parts = ['head_arc', 'child_arc', 'head_tag', 'child_tag'].map((part) => `${part}_feedforward`);
  const tensors: Tensors = {
    'text_field_embedder.token_embedder_tokens.weight': numbers.tensor([5, DIM]),
    _head_sentinel: numbers.tensor([1, 1, DIM]),
    ...Object.fromEntries(
      parts.flatMap((part) =>
        Object.entries(layer).map(([name, dims]) => [
          `${part}._linear_layers.0.${name}`,
          numbers.tensor(dims),
        ]),
      ),
    ),
    'arc_attention._weight_matrix': numbers.tensor([DIM + 1, DIM + 1]),
    'arc_attention._bias': numbers.tensor([1]),
    'tag_bilinear.weight': numbers.tensor([LABELS, DIM, DIM]),
    'tag_bilinear.bias': numbers.tensor([LABELS]),
  };
  const model = {
    type: 'biaffine_parser',
    text_field_embedder: EMBEDDER,
    encoder: ENCODER,
    tag_representation_dim: DIM,
    arc_representation_dim: DIM,
  };
  const value = (name: string, ...index: readonly number[]) => {
    const { dims = [], data = new Float32Array() } = tensors[name] ?? {};
    return data[index.reduce((at, place, axis) => at * (dims[axis] ?? 1) + place, 0)] ?? Number.NaN;
  };
  const both = [0, 1] as const;

  /** `[nodes, DIM]` of one feedforward, computed by hand. */
  function represent(part: string, ids: readonly number[]): number[][] {
    const place = `${part}_feedforward._linear_layers.0`;
    const root = both.map((i) => value('_head_sentinel', 0, 0, i));
    const words = ids.map((id) =>
      both.map((i) => value('text_field_embedder.token_embedder_tokens.weight', id, i)),
    );
    const elu = (x: number) => (x > 0 ? x : Math.expm1(x));
    return [root, ...words].map((x) =>
      both.map((row) =>
        elu(
          both.reduce(
            (sum, i) => sum + value(`${place}.weight`, row, i) * (x[i] ?? 0),
            value(`${place}.bias`, row),
          ),
        ),
      ),
    );
  }

  /** Scores of arcs from head to child, and the label with the best bilinear score of each. */
  function expected(ids: readonly number[]) {
    const [headArcs, childArcs] = [represent('head_arc', ids), represent('child_arc', ids)];
    const [headTags, childTags] = [represent('head_tag', ids), represent('child_tag', ids)];
    // AllenNLP calls the rows heads, and takes the best column for each row as its head.
    const arc = (row: number, column: number) =>
      [...(headArcs[row] ?? []), 1].reduce(
        (sum, a, i) =>
          [...(childArcs[column] ?? []), 1].reduce(
            (inner, b, j) => inner + a * b * value('arc_attention._weight_matrix', i, j),
            sum,
          ),
        value('arc_attention._bias', 0),
      );
    const tag = (head: number, child: number) => {
      const scores = Array.from({ length: LABELS }, (_, label) =>
        both.reduce(
          (sum, i) =>
            both.reduce(
              (inner, j) =>
                inner +
                (headTags[head]?.[i] ?? 0) *
                  (childTags[child]?.[j] ?? 0) *
                  value('tag_bilinear.weight', label, i, j),
              sum,
            ),
          value('tag_bilinear.bias', label),
        ),
      );
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      const best = scores.indexOf(Math.max(...scores));
      return { best, probability: Math.exp(scores[best] ?? 0) / total };
    };
    return { arc, tag };
  }

  it('gives the probability of each arc with its best label, whatever padding there is beside it', async () => {
    const ids = [1, 2];
    const output = await run(
      withLabels(tensors, LABELS),
      model,
      [
        [1, 2, 0],
        [3, 4, 1],
      ],
      'words',
    );
    const { arc, tag } = expected(ids);
    for (const head of [0, 1, 2]) {
      for (const child of [0, 1, 2]) {
        const total = [0, 1, 2].reduce((sum, other) => sum + Math.exp(arc(child, other)), 0);
        const { best, probability } = tag(head, child);
        const cell = head * 4 + child;
        expect(output('arc_scores')[cell]).toBeCloseTo((Math.exp(arc(child, head)) / total) * probability, 5);
        expect(output('arc_tags')[cell]).toBe(best);
      }
    }
  });

  it('gives the scores themselves where no tree is sought', async () => {
    const greedy = { ...model, use_mst_decoding_for_validation: false };
    const output = await run(withLabels(tensors, LABELS), greedy, [[1, 2]], 'words');
    const { arc } = expected([1, 2]);
    expect(output('arc_scores')[1]).toBeCloseTo(arc(1, 0), 5);
    expect(output('arc_scores')[2 * 3 + 1]).toBeCloseTo(arc(1, 2), 5);
  });
});
