/** esim: a premise and a hypothesis, encoded, aligned and encoded again, to logits of a label. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, Mask, ModuleDefinition, Scope } from '../modules/module.ts';
import { column, fillPadding, LOWEST, zeroPadding } from '../modules/nodes/masks.ts';
import { concat, max, op, softmax, sum } from '../modules/nodes/ops.ts';
import { alignTexts } from './align-texts.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  encoder: nested,
  matrix_attention: nested,
  projection_feedforward: nested,
  inference_encoder: nested,
  output_feedforward: nested,
  output_logit: nested,
  dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const esim: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'esim',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    encoder: { role: 'seq2seq_encoder' },
    matrix_attention: { role: 'matrix_attention' },
    projection_feedforward: { role: 'feedforward' },
    inference_encoder: { role: 'seq2seq_encoder' },
    output_feedforward: { role: 'feedforward' },
    output_logit: { role: 'feedforward' },
  },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('_text_field_embedder'),
      parsed.text_field_embedder,
    );
    const encoder = buildModule('seq2seq_encoder', scope.at('_encoder'), parsed.encoder);
    const attention = buildModule('matrix_attention', scope.at('_matrix_attention'), parsed.matrix_attention);
    const project = buildModule(
      'feedforward',
      scope.at('_projection_feedforward'),
      parsed.projection_feedforward,
    );
    const infer = buildModule('seq2seq_encoder', scope.at('_inference_encoder'), parsed.inference_encoder);
    const output = buildModule('feedforward', scope.at('_output_feedforward'), parsed.output_feedforward);
    const classify = buildModule('feedforward', scope.at('_output_logit'), parsed.output_logit);
    const read = (field: string) => {
      const { vectors, mask } = embedder.embed(field);
      return { vectors: encoder.encode(vectors, mask), mask };
    };
    const premise = read('premise');
    const hypothesis = read('hypothesis');

    const similarity = attention.score(premise.vectors, hypothesis.vectors);
    const aligned = alignTexts(scope, similarity, premise, hypothesis);
    const poolText = (vectors: string, other: string, mask: Mask) =>
      pool(scope, infer.encode(project.apply(enhance(scope, vectors, other)), mask), mask);
    const pooled = [
      ...poolText(premise.vectors, aligned.hypothesis, premise.mask),
      ...poolText(hypothesis.vectors, aligned.premise, hypothesis.mask),
    ];
    const logits = classify.apply(output.apply(concat(scope, pooled, 1)));
    const axes = ['batch', classify.outputDim];
    return {
      model: finishGraph(scope, {
        label_logits: { value: logits, axes },
        label_probs: { value: softmax(scope, logits), axes },
      }),
    };
  },
};

/** Vectors beside those that they are aligned with, their difference and their product. */
function enhance(scope: Scope, vectors: string, aligned: string): string {
  const difference = op(scope, 'Sub', [vectors, aligned]);
  const product = op(scope, 'Mul', [vectors, aligned]);
  return concat(scope, [vectors, aligned, difference, product], -1);
}

/** The mean and the maximum over the tokens: two of `[batch, dim]`. */
function pool(scope: Scope, vectors: string, mask: Mask): string[] {
  const mean = op(scope, 'Div', [
    sum(scope, zeroPadding(scope, vectors, mask), 1),
    sum(scope, mask, 1, true),
  ]);
  return [mean, max(scope, fillPadding(scope, vectors, column(scope, mask), LOWEST), 1)];
}
