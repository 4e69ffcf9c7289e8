/** constituency_parser: a text field to the probabilities of a label for every span of it. */
import { z } from 'zod';
import { int } from '../../graph/node.ts';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { column, maskedSoftmax } from '../modules/nodes/masks.ts';
import { cast, concat, integer, op } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  span_extractor: nested,
  encoder: nested,
  feedforward: nested.nullish(),
  pos_tag_embedding: nested.nullish(),
  evalb_directory_path: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const constituencyParser: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'constituency_parser',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    span_extractor: { role: 'span_extractor' },
    encoder: { role: 'seq2seq_encoder' },
    feedforward: { role: 'feedforward' },
    pos_tag_embedding: { role: 'embedding' },
  },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('text_field_embedder'),
      parsed.text_field_embedder,
    );
    const { vectors, mask } = embedder.embed('tokens');
    const parts = [vectors];
    if (parsed.pos_tag_embedding) {
      const table = buildModule('embedding', scope.at('pos_tag_embedding'), parsed.pos_tag_embedding);
      parts.push(table.lookUp(scope.input('pos_tags', 'int64', ['batch', 'tokens/tokens'])));
    }
    const encoder = buildModule('seq2seq_encoder', scope.at('encoder'), parsed.encoder);
    const extractor = buildModule('span_extractor', scope.at('span_extractor'), parsed.span_extractor);
    const feedforward = parsed.feedforward
      ? buildModule('feedforward', scope.at('feedforward_layer._module'), parsed.feedforward)
      : undefined;

    const spans = scope.input('spans', 'int64', ['batch', 'spans', 2]);
    const starts = op(scope, 'Gather', [spans, integer(scope, 0)], { axis: int(2) });
    const isSpan = op(scope, 'GreaterOrEqual', [starts, integer(scope, 0)]);
    const spanMask = cast(scope, isSpan, 'float32');
    const encoded = encoder.encode(concat(scope, parts, -1), mask);
    const extracted = extractor.extract(encoded, spans, mask, spanMask);
    const labels = scope.archive.vocabularySize('labels');
    const logits = linear(
      scope.at('tag_projection_layer._module'),
      feedforward?.apply(extracted) ?? extracted,
      feedforward?.outputDim ?? extractor.outputDim,
      labels,
    );
    return {
      model: finishGraph(scope, {
        class_probabilities: {
          value: maskedSoftmax(scope, logits, column(scope, spanMask)),
          axes: ['batch', 'spans', labels],
        },
      }),
    };
  },
};
