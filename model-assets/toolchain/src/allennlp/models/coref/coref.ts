/** coref: end-to-end coreference (arXiv:1707.07045), with coarse-to-fine pruning and higher orders (arXiv:1804.05392). */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import { buildModule, count, ignored, nested } from '../../modules/build.ts';
import { finishGraph } from '../../modules/finish-graph.ts';
import type { ArchiveGraphs, GraphOutput, ModuleDefinition, Scope } from '../../modules/module.ts';
import { linear } from '../../modules/nodes/linear.ts';
import { cast, concat, integer, op, scalar, squeeze } from '../../modules/nodes/ops.ts';
import { bestAntecedents, nearestAntecedents } from './antecedents.ts';
import { keepBestSpans, maskOfSpans, type Spans } from './kept-spans.ts';
import { pairScorer } from './pair-scores.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  context_layer: nested,
  mention_feedforward: nested,
  antecedent_feedforward: nested,
  feature_size: count,
  max_span_width: count,
  spans_per_word: z.number().positive(),
  max_antecedents: count,
  coarse_to_fine: z.boolean().default(false),
  inference_order: count.default(1),
  lexical_dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
});
type CorefParams = z.infer<typeof params>;

export const coref: ModuleDefinition<CorefParams, ArchiveGraphs> = {
  role: 'model',
  type: 'coref',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    context_layer: { role: 'seq2seq_encoder' },
    mention_feedforward: { role: 'feedforward' },
    antecedent_feedforward: { role: 'feedforward' },
  },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('_text_field_embedder'),
      parsed.text_field_embedder,
    );
    const text = embedder.embed('text');
    const { spans, width } = candidates(scope, parsed, text, embedder.outputDim);
    const mentions = keepBestSpans(scope, spans, text.mask, parsed.spans_per_word);

    const antecedents = parsed.coarse_to_fine
      ? bestAntecedents(scope, mentions, width, parsed.max_antecedents)
      : nearestAntecedents(scope, mentions, parsed.max_antecedents);
    const scorer = pairScorer(scope, parsed.antecedent_feedforward, antecedents, {
      width,
      feature: parsed.feature_size,
    });
    let { vectors } = mentions;
    let scores = scorer.score(vectors);
    for (let order = 1; order < parsed.inference_order; order++) {
      vectors = scorer.refine(vectors, scores);
      scores = scorer.score(vectors);
    }

    const best = op(scope, 'ArgMax', [scores], { axis: int(-1), keepdims: int(0) });
    const pairs = ['batch', 'mentions', 'antecedents'];
    const outputs: Record<string, GraphOutput> = {
      top_spans: { value: cast(scope, mentions.ends, 'float32'), axes: ['batch', 'mentions', 2] },
      antecedent_indices: { value: cast(scope, antecedents.indices, 'float32'), axes: pairs },
      predicted_antecedents: {
        value: op(scope, 'Sub', [cast(scope, best, 'float32'), scalar(scope, 1)]),
        axes: ['batch', 'mentions'],
      },
    };
    // By these the engine tells which masked antecedents AllenNLP lists.
    if (parsed.coarse_to_fine) outputs.coarse_scores = { value: antecedents.scores, axes: pairs };
    return { model: finishGraph(scope, outputs) };
  },
};

/** All spans of the documents, with their vectors and scores. */
function candidates(
  scope: Scope,
  parsed: CorefParams,
  text: { readonly vectors: string; readonly mask: string },
  textDim: number,
): { readonly spans: Spans; readonly width: number } {
  const contextLayer = buildModule('seq2seq_encoder', scope.at('_context_layer'), parsed.context_layer);
  const endpoints = buildModule('span_extractor', scope.at('_endpoint_span_extractor'), {
    type: 'endpoint',
    input_dim: contextLayer.outputDim,
    combination: 'x,y',
    num_width_embeddings: parsed.max_span_width,
    span_width_embedding_dim: parsed.feature_size,
    bucket_widths: false,
  });
  const attentive = buildModule('span_extractor', scope.at('_attentive_span_extractor'), {
    type: 'self_attentive',
    input_dim: textDim,
  });
  const given = scope.input('spans', 'int64', ['batch', 'spans', 2]);
  const mask = maskOfSpans(scope, given);
  const ends = op(scope, 'Max', [given, integer(scope, 0)]);
  const context = contextLayer.encode(text.vectors, text.mask);
  const parts = [
    endpoints.extract(context, ends, text.mask),
    attentive.extract(text.vectors, ends, text.mask),
  ];
  const vectors = concat(scope, parts, -1);
  const width = endpoints.outputDim + attentive.outputDim;

  const feedforward = buildModule(
    'feedforward',
    scope.at('_mention_feedforward._module'),
    parsed.mention_feedforward,
  );
  const scored = linear(
    scope.at('_mention_scorer._module'),
    feedforward.apply(vectors),
    feedforward.outputDim,
    1,
  );
  return { spans: { ends, vectors, scores: squeeze(scope, scored, -1), mask }, width };
}
