/** bidaf: bidirectional attention flow (arXiv:1611.01603), the ends of the best span by recurrent encoders. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { highway } from '../modules/nodes/highway.ts';
import { maskedSoftmax } from '../modules/nodes/masks.ts';
import { concat, op } from '../modules/nodes/ops.ts';
import { attendBothWays, maskScores, scoreTokens, weightedMean } from './passage-attention.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  num_highway_layers: z.int().nonnegative(),
  phrase_layer: nested,
  matrix_attention: nested,
  modeling_layer: nested,
  span_end_encoder: nested,
  // Without masks padding reaches the encoders; here texts have the outputs that they have alone.
  mask_lstms: z.boolean().optional(),
  dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const bidaf: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'bidaf',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    phrase_layer: { role: 'seq2seq_encoder' },
    matrix_attention: { role: 'matrix_attention' },
    modeling_layer: { role: 'seq2seq_encoder' },
    span_end_encoder: { role: 'seq2seq_encoder' },
  },
  build(scope, { num_highway_layers: layers, ...parts }) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('_text_field_embedder'),
      parts.text_field_embedder,
    );
    const phrases = buildModule('seq2seq_encoder', scope.at('_phrase_layer'), parts.phrase_layer);
    const attention = buildModule('matrix_attention', scope.at('_matrix_attention'), parts.matrix_attention);
    const modeling = buildModule('seq2seq_encoder', scope.at('_modeling_layer'), parts.modeling_layer);
    const endEncoder = buildModule('seq2seq_encoder', scope.at('_span_end_encoder'), parts.span_end_encoder);

    const encode = (field: string) => {
      const { vectors, mask } = embedder.embed(field);
      const carried = highway(scope.at('_highway_layer._module'), vectors, embedder.outputDim, layers);
      return { vectors: phrases.encode(carried, mask), mask };
    };
    const question = encode('question');
    const passage = encode('passage');
    const similarity = attention.score(passage.vectors, question.vectors);
    const attended = attendBothWays(scope, similarity, passage, question);
    const { merged } = attended;
    const width = 4 * phrases.outputDim;

    const modeled = modeling.encode(merged, passage.mask);
    const starts = scoreTokens(
      scope.at('_span_start_predictor._module'),
      concat(scope, [merged, modeled], -1),
      width + modeling.outputDim,
    );
    const startProbs = maskedSoftmax(scope, starts, passage.mask);
    const startVector = weightedMean(scope, startProbs, modeled);
    const product = op(scope, 'Mul', [modeled, startVector]);
    const tiled = op(scope, 'Expand', [startVector, op(scope, 'Shape', [modeled])]);
    const encodedEnd = endEncoder.encode(concat(scope, [merged, modeled, tiled, product], -1), passage.mask);
    const ends = scoreTokens(
      scope.at('_span_end_predictor._module'),
      concat(scope, [merged, encodedEnd], -1),
      width + endEncoder.outputDim,
    );

    const tokens = ['batch', 'passage'];
    return {
      model: finishGraph(scope, {
        passage_question_attention: { value: attended.attention, axes: [...tokens, 'question'] },
        span_start_logits: { value: maskScores(scope, starts, passage.mask), axes: tokens },
        span_start_probs: { value: startProbs, axes: tokens },
        span_end_logits: { value: maskScores(scope, ends, passage.mask), axes: tokens },
        span_end_probs: { value: maskedSoftmax(scope, ends, passage.mask), axes: tokens },
      }),
    };
  },
};
