/** decomposable_attention: a premise and a hypothesis, compared word by word, to logits of a label. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, FeedForward, Mask, ModuleDefinition, Scope } from '../modules/module.ts';
import { zeroPadding } from '../modules/nodes/masks.ts';
import { concat, softmax, sum } from '../modules/nodes/ops.ts';
import { alignTexts } from './align-texts.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  attend_feedforward: nested,
  matrix_attention: nested,
  compare_feedforward: nested,
  aggregate_feedforward: nested,
  premise_encoder: nested.nullish(),
  hypothesis_encoder: nested.nullish(),
  initializer: ignored,
  regularizer: ignored,
});

export const decomposableAttention: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'decomposable_attention',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    attend_feedforward: { role: 'feedforward' },
    matrix_attention: { role: 'matrix_attention' },
    compare_feedforward: { role: 'feedforward' },
    aggregate_feedforward: { role: 'feedforward' },
    premise_encoder: { role: 'seq2seq_encoder' },
    hypothesis_encoder: { role: 'seq2seq_encoder' },
  },
  build(scope, parsed) {
    const feedforward = (name: 'attend' | 'compare' | 'aggregate', place: string) =>
      buildModule('feedforward', scope.at(place), parsed[`${name}_feedforward`]);
    const attend = feedforward('attend', '_attend_feedforward._module');
    const compare = feedforward('compare', '_compare_feedforward._module');
    const aggregate = feedforward('aggregate', '_aggregate_feedforward');
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('_text_field_embedder'),
      parsed.text_field_embedder,
    );
    const attention = buildModule('matrix_attention', scope.at('_matrix_attention'), parsed.matrix_attention);
    const premiseEncoder = parsed.premise_encoder
      ? buildModule('seq2seq_encoder', scope.at('_premise_encoder'), parsed.premise_encoder)
      : undefined;
    const hypothesisEncoder = parsed.hypothesis_encoder
      ? buildModule('seq2seq_encoder', scope.at('_hypothesis_encoder'), parsed.hypothesis_encoder)
      : premiseEncoder;
    const read = (field: string, encoder: typeof premiseEncoder) => {
      const { vectors, mask } = embedder.embed(field);
      return { vectors: encoder?.encode(vectors, mask) ?? vectors, mask };
    };
    const premise = read('premise', premiseEncoder);
    const hypothesis = read('hypothesis', hypothesisEncoder);

    const similarity = attention.score(attend.apply(premise.vectors), attend.apply(hypothesis.vectors));
    const aligned = alignTexts(scope, similarity, premise, hypothesis);
    const compared = [
      compareText(scope, compare, premise.vectors, aligned.hypothesis, premise.mask),
      compareText(scope, compare, hypothesis.vectors, aligned.premise, hypothesis.mask),
    ];
    const logits = aggregate.apply(concat(scope, compared, -1));
    const axes = ['batch', aggregate.outputDim];
    return {
      model: finishGraph(scope, {
        label_logits: { value: logits, axes },
        label_probs: { value: softmax(scope, logits), axes },
        h2p_attention: {
          value: aligned.h2pAttention,
          axes: ['batch', 'hypothesis/tokens', 'premise/tokens'],
        },
        p2h_attention: {
          value: aligned.p2hAttention,
          axes: ['batch', 'premise/tokens', 'hypothesis/tokens'],
        },
      }),
    };
  },
};

/** The sum over the tokens of a text of what comes of each beside what it is aligned with. */
function compareText(
  scope: Scope,
  compare: FeedForward,
  vectors: string,
  aligned: string,
  mask: Mask,
): string {
  const compared = compare.apply(concat(scope, [vectors, aligned], -1));
  return sum(scope, zeroPadding(scope, compared, mask), 1);
}
