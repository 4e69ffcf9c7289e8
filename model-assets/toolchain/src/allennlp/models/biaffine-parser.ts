/** biaffine_parser: a text field to the scores of every pair of head and child, and the best label of each. */
import { z } from 'zod';
import { int, ints } from '../../graph/node.ts';
import { buildModule, count, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, FeedForward, ModuleDefinition, Scope } from '../modules/module.ts';
import { cast, concat, constant, integers, max, op, scalar, shape, unsqueeze } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  encoder: nested,
  tag_representation_dim: count,
  arc_representation_dim: count,
  tag_feedforward: nested.nullish(),
  arc_feedforward: nested.nullish(),
  pos_tag_embedding: nested.nullish(),
  /** Whether a spanning tree is sought, or the best head of each word. */
  use_mst_decoding_for_validation: z.boolean().default(true),
  dropout: ignored,
  input_dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
});
type ParserParams = z.infer<typeof params>;

/** What AllenNLP adds to the scores of heads that are padding. */
const MASKED = -1e8;

export const biaffineParser: ModuleDefinition<ParserParams, ArchiveGraphs> = {
  role: 'model',
  type: 'biaffine_parser',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    encoder: { role: 'seq2seq_encoder' },
    tag_feedforward: { role: 'feedforward' },
    arc_feedforward: { role: 'feedforward' },
    pos_tag_embedding: { role: 'embedding' },
  },
  build(scope, parsed) {
    const { encoded, mask, width } = encodeWords(scope, parsed);
    const { arc_representation_dim: arcDim, tag_representation_dim: tagDim } = parsed;
    const represent = (name: string, given: ParserParams['arc_feedforward'], dim: number) =>
      feedforwardOf(scope.at(name), given, width, dim).apply(encoded);
    const attention = buildModule('matrix_attention', scope.at('arc_attention'), {
      type: 'bilinear',
      matrix_1_dim: arcDim,
      matrix_2_dim: arcDim,
      use_input_biases: true,
    });
    const arcs = attention.score(
      represent('head_arc_feedforward', parsed.arc_feedforward, arcDim),
      represent('child_arc_feedforward', parsed.arc_feedforward, arcDim),
    );
    const missing = op(scope, 'Mul', [op(scope, 'Sub', [scalar(scope, 1), mask]), scalar(scope, MASKED)]);
    const masked = op(scope, 'Add', [arcs, unsqueeze(scope, missing, 1)]);
    const labels = pairLabels(
      scope,
      represent('head_tag_feedforward', parsed.tag_feedforward, tagDim),
      represent('child_tag_feedforward', parsed.tag_feedforward, tagDim),
      tagDim,
    );
    const { scores, best } = parsed.use_mst_decoding_for_validation
      ? energies(scope, masked, labels)
      : { scores: op(scope, 'Transpose', [masked], { perm: ints([0, 2, 1]) }), best: labels };
    const tags = op(scope, 'ArgMax', [best], { axis: int(2), keepdims: int(0) });
    const axes = ['batch', 'heads', 'children'];
    return {
      model: finishGraph(scope, {
        arc_scores: { value: scores, axes },
        arc_tags: { value: cast(scope, tags, 'float32'), axes },
      }),
    };
  },
};

/** The encoded words behind the root, `[batch, words + 1, width]`, and their mask. */
function encodeWords(scope: Scope, parsed: ParserParams) {
  const embedder = buildModule(
    'text_field_embedder',
    scope.at('text_field_embedder'),
    parsed.text_field_embedder,
  );
  const { vectors, mask } = embedder.embed('words');
  const parts = [vectors];
  if (parsed.pos_tag_embedding) {
    const table = buildModule('embedding', scope.at('_pos_tag_embedding'), parsed.pos_tag_embedding);
    parts.push(table.lookUp(scope.input('pos_tags', 'int64', ['batch', 'words/tokens'])));
  }
  const encoder = buildModule('seq2seq_encoder', scope.at('encoder'), parsed.encoder);
  const width = encoder.outputDim;
  const batch = shape(scope, mask, 0, 1);
  const rootDims = concat(scope, [batch, integers(scope, [1, width])], 0);
  const root = op(scope, 'Expand', [scope.weight('_head_sentinel', [1, 1, width]), rootDims]);
  const isRoot = op(scope, 'Expand', [scalar(scope, 1), concat(scope, [batch, integers(scope, [1])], 0)]);
  return {
    encoded: concat(scope, [root, encoder.encode(concat(scope, parts, -1), mask)], 1),
    mask: concat(scope, [isRoot, mask], 1),
    width,
  };
}

/** One layer with ELU where config.json has none. */
function feedforwardOf(
  scope: Scope,
  given: ParserParams['arc_feedforward'],
  inputDim: number,
  dim: number,
): FeedForward {
  return buildModule(
    'feedforward',
    scope,
    given ?? { input_dim: inputDim, num_layers: 1, hidden_dims: dim, activations: 'elu' },
  );
}

/** torch.nn.Bilinear of every head and every child: `[batch, heads, labels, children]`. */
function pairLabels(scope: Scope, heads: string, children: string, dim: number): string {
  const place = scope.at('tag_bilinear');
  const labels = scope.archive.vocabularySize('head_tags');
  const weight = place.tensor('weight', [labels, dim, dim]);
  const table = new Float32Array(dim * labels * dim);
  for (let label = 0; label < labels; label++) {
    const rows = weight.subarray(label * dim * dim, (label + 1) * dim * dim);
    for (let row = 0; row < dim; row++) {
      table.set(rows.subarray(row * dim, (row + 1) * dim), (row * labels + label) * dim);
    }
  }
  const crossed = op(place, 'MatMul', [heads, constant(place, 'weight', [dim, labels * dim], table)]);
  const batch = shape(place, heads, 0, 1);
  const byLabel = op(place, 'Reshape', [crossed, concat(place, [batch, integers(place, [-1, dim])], 0)]);
  const scores = op(place, 'MatMul', [
    byLabel,
    op(place, 'Transpose', [children], { perm: ints([0, 2, 1]) }),
  ]);
  const dims = concat(place, [batch, integers(place, [-1, labels]), shape(place, children, 1, 2)], 0);
  const bias = constant(place, 'bias', [labels, 1], place.tensor('bias', [labels]));
  return op(place, 'Add', [op(place, 'Reshape', [scores, dims]), bias]);
}

/** The probability of every arc with each label, and that of the best label: `[batch, heads, children]`. */
function energies(scope: Scope, arcs: string, labels: string) {
  const byChild = op(scope, 'LogSoftmax', [arcs], { axis: int(2) });
  const arcLog = unsqueeze(scope, op(scope, 'Transpose', [byChild], { perm: ints([0, 2, 1]) }), 2);
  const labelLog = op(scope, 'LogSoftmax', [labels], { axis: int(2) });
  const best = op(scope, 'Exp', [op(scope, 'Add', [arcLog, labelLog])]);
  return { scores: max(scope, best, 2), best };
}
