/** crf_tagger: a text field to logits of a tag for every token, and the transitions between tags that the engine decodes with. */
import { z } from 'zod';
import { buildModule, count, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition, Scope } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { constant } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  encoder: nested,
  feedforward: nested.nullish(),
  label_namespace: z.string().default('labels'),
  include_start_end_transitions: z.boolean().default(true),
  /** How many sequences the engine gives. */
  top_k: count.optional(),
  // What they constrain is in the tensor `_constraint_mask`.
  label_encoding: ignored,
  constrain_crf_decoding: ignored,
  calculate_span_f1: ignored,
  dropout: ignored,
  verbose_metrics: ignored,
  initializer: ignored,
  regularizer: ignored,
  ignore_loss_on_o_tags: ignored,
  label_weights: ignored,
  weight_strategy: ignored,
});

export const crfTagger: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'crf_tagger',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    encoder: { role: 'seq2seq_encoder' },
    feedforward: { role: 'feedforward' },
  },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('text_field_embedder'),
      parsed.text_field_embedder,
    );
    const encoder = buildModule('seq2seq_encoder', scope.at('encoder'), parsed.encoder);
    const feedforward = parsed.feedforward
      ? buildModule('feedforward', scope.at('_feedforward'), parsed.feedforward)
      : undefined;
    const { vectors, mask } = embedder.embed('tokens');
    const encoded = encoder.encode(vectors, mask);
    const tags = scope.archive.vocabularySize(parsed.label_namespace);
    const logits = linear(
      scope.at('tag_projection_layer._module'),
      feedforward?.apply(encoded) ?? encoded,
      feedforward?.outputDim ?? encoder.outputDim,
      tags,
    );
    const transitions = readTransitions(scope.at('crf'), tags, parsed.include_start_end_transitions);
    return {
      model: finishGraph(scope, {
        logits: { value: logits, axes: ['batch', 'tokens/tokens', tags] },
        mask: { value: mask, axes: ['batch', 'tokens/tokens'] },
        transitions: {
          value: constant(scope, 'transitions', [tags + 2, tags + 2], transitions),
          axes: [tags + 2, tags + 2],
        },
      }),
    };
  },
};

/** What AllenNLP writes for a transition that is not allowed. */
const FORBIDDEN = -10000;

/** `[tags + 2, tags + 2]`, from row to column, with the start and the end behind the tags and the constraints applied. */
function readTransitions(scope: Scope, tags: number, hasEnds: boolean): Float32Array {
  const states = tags + 2;
  const start = tags;
  const end = tags + 1;
  const between = scope.tensor('transitions', [tags, tags]);
  const allowed = scope.tensor('_constraint_mask', [states, states]);
  const starts = hasEnds ? scope.tensor('start_transitions', [tags]) : new Float32Array(tags);
  const ends = hasEnds ? scope.tensor('end_transitions', [tags]) : new Float32Array(tags);
  const transitions = new Float32Array(states * states).fill(FORBIDDEN);
  const set = (from: number, to: number, score: number) => {
    const index = from * states + to;
    const share = allowed[index] ?? 0;
    transitions[index] = Math.fround(score * share) + FORBIDDEN * (1 - share);
  };
  for (let tag = 0; tag < tags; tag++) {
    for (let to = 0; to < tags; to++) set(tag, to, between[tag * tags + to] ?? 0);
    set(start, tag, starts[tag] ?? 0);
    set(tag, end, ends[tag] ?? 0);
  }
  return transitions;
}
