/** simple_seq2seq: an encoder, and an LSTM that attends to it; with several layers each has a state of its own. */
import { z } from 'zod';
import { buildModule, count, ignored, nested } from '../modules/build.ts';
import { beamParams, firstState, memoryOf, readSource } from '../modules/decoders/encoded-source.ts';
import { logSoftmax, StepGraph } from '../modules/decoders/step.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraph, ArchiveGraphs, ModuleDefinition, Scope } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { type LstmState, lstmCell } from '../modules/nodes/lstm-cell.ts';
import { concat, slice, squeeze, unsqueeze } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  source_embedder: nested,
  encoder: nested,
  attention: nested.nullish(),
  target_namespace: z.string().default('tokens'),
  target_embedding_dim: count.nullish(),
  target_decoder_layers: count.default(1),
  ...beamParams,
  scheduled_sampling_ratio: ignored,
  use_bleu: ignored,
  bleu_ngram_weights: ignored,
  target_pretrain_file: ignored,
  initializer: ignored,
  regularizer: ignored,
});
type Params = z.infer<typeof params>;

/** Sizes that the encoder decides for the decoder. */
interface Sizes {
  readonly hidden: number;
  readonly embedded: number;
}

export const simpleSeq2seq: ModuleDefinition<Params, ArchiveGraphs> = {
  role: 'model',
  type: 'simple_seq2seq',
  params,
  nested: {
    source_embedder: { role: 'text_field_embedder' },
    encoder: { role: 'seq2seq_encoder' },
    attention: { role: 'attention' },
  },
  build(scope, parsed) {
    const embedder = buildModule('text_field_embedder', scope.at('_source_embedder'), parsed.source_embedder);
    const encoder = buildModule('seq2seq_encoder', scope.at('_encoder'), parsed.encoder);
    const { vectors: embedded, mask } = embedder.embed('source_tokens');
    const source = { vectors: encoder.encode(embedded, mask), mask, dim: encoder.outputDim };
    const { hidden, context } = firstState(scope, source, encoder.isBidirectional);
    const layers = parsed.target_decoder_layers;
    const ofLayers = (x: string) => ({
      value: concat(scope, new Array<string>(layers).fill(unsqueeze(scope, x, 1)), 1),
      axes: ['batch', layers, source.dim],
    });
    const sizes = {
      hidden: source.dim,
      embedded: parsed.target_embedding_dim ?? embedder.outputDim,
    };
    return {
      encoder: finishGraph(scope, {
        ...memoryOf(source),
        'state.hidden': ofLayers(hidden),
        'state.context': ofLayers(context),
      }),
      step: buildStep(scope.inNewGraph('step'), parsed, sizes),
    };
  },
};

function buildStep(scope: Scope, parsed: Params, { hidden, embedded }: Sizes): ArchiveGraph {
  const step = new StepGraph(scope);
  const layers = parsed.target_decoder_layers;
  const classes = scope.archive.vocabularySize(parsed.target_namespace);
  const table = buildModule('embedding', scope.at('_target_embedder'), {
    embedding_dim: embedded,
    num_embeddings: classes,
  });
  const ofLayer = (x: string, layer: number) => squeeze(scope, slice(scope, x, 1, layer, layer + 1), 1);
  const [states, contexts] = [step.state('hidden', layers, hidden), step.state('context', layers, hidden)];
  const word = table.lookUp(step.lastRows);
  const attention = parsed.attention
    ? buildModule('attention', scope.at('_attention'), parsed.attention)
    : undefined;
  // The first layer asks, also where there are several.
  let x = attention
    ? concat(scope, [readSource(step, attention, ofLayer(states, 0), hidden), word], -1)
    : word;
  let inputs = attention ? hidden + embedded : embedded;
  const next: LstmState[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const before = { hidden: ofLayer(states, layer), context: ofLayer(contexts, layer) };
    const suffix = layers > 1 ? `_l${layer}` : '';
    const after = lstmCell(scope.at('_decoder_cell'), x, before, { inputs, dim: hidden, suffix });
    next.push(after);
    [x, inputs] = [after.hidden, hidden];
  }
  const stacked = (part: 'hidden' | 'context') =>
    concat(
      scope,
      next.map((state) => unsqueeze(scope, state[part], 1)),
      1,
    );
  step.leave('hidden', stacked('hidden'), layers, hidden);
  step.leave('context', stacked('context'), layers, hidden);
  const logits = linear(scope.at('_output_projection_layer'), x, hidden, classes);
  return step.finish(step.toBeams(logSoftmax(scope, logits), classes));
}
