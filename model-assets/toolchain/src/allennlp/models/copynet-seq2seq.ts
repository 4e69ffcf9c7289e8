/**
 * copynet_seq2seq (https://arxiv.org/abs/1603.06393): classes are the tokens of the target and, behind them, the places of the source. What is
 * copied at a place counts for the token of the target that stands there; where there is none, for the first place with that word.
 */
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { ints } from '../../graph/node.ts';
import { buildModule, count, ignored, nested } from '../modules/build.ts';
import { type CopyVocabulary, copiedInput, copyMemory, joinCopied } from '../modules/decoders/copying.ts';
import {
  beamParams,
  firstState,
  memoryOf,
  readSource,
  sumOfSource,
} from '../modules/decoders/encoded-source.ts';
import { logSoftmax, StepGraph } from '../modules/decoders/step.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type {
  ArchiveGraph,
  ArchiveGraphs,
  ArchiveParts,
  ModuleDefinition,
  Scope,
} from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { lstmCell } from '../modules/nodes/lstm-cell.ts';
import { fillPadding, LOWEST } from '../modules/nodes/masks.ts';
import { concat, op, reshape, slice, unsqueeze } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  source_embedder: nested,
  encoder: nested,
  attention: nested,
  target_embedding_dim: count.default(30),
  copy_token: z.string().default('@COPY@'),
  target_namespace: z.string().default('target_tokens'),
  ...beamParams,
  label_smoothing: ignored,
  scheduled_sampling_ratio: ignored,
  tensor_based_metric: ignored,
  token_based_metric: ignored,
  initializer: ignored,
  regularizer: ignored,
});
type Params = z.infer<typeof params>;

export const copynetSeq2seq: ModuleDefinition<Params, ArchiveGraphs> = {
  role: 'model',
  type: 'copynet_seq2seq',
  params,
  nested: {
    source_embedder: { role: 'text_field_embedder' },
    encoder: { role: 'seq2seq_encoder' },
    attention: { role: 'attention' },
  },
  build(scope, parsed) {
    const vocabulary = openVocabulary(scope.archive, parsed);
    const embedder = buildModule('text_field_embedder', scope.at('_source_embedder'), parsed.source_embedder);
    const encoder = buildModule('seq2seq_encoder', scope.at('_encoder'), parsed.encoder);
    const { vectors: embedded, mask } = embedder.embed('source_tokens');
    const dim = encoder.outputDim;
    const source = { vectors: encoder.encode(embedded, mask), mask, dim };
    const { hidden, context } = firstState(scope, source, encoder.isBidirectional);
    const turned = linear(scope.at('_output_copying_layer'), source.vectors, dim, dim);
    return {
      encoder: finishGraph(scope, {
        ...memoryOf(source),
        ...copyMemory(scope, mask, vocabulary),
        'memory.copying': { value: op(scope, 'Tanh', [turned]), axes: ['batch', 'source', dim] },
        'state.hidden': { value: hidden, axes: ['batch', dim] },
        'state.context': { value: context, axes: ['batch', dim] },
      }),
      step: buildStep(scope.inNewGraph('step'), parsed, vocabulary, dim),
    };
  },
};

/** The model adds its own token where the vocabulary lacks it. */
function openVocabulary(archive: ArchiveParts, parsed: Params): CopyVocabulary {
  const { target_namespace: namespace, copy_token: token } = parsed;
  const size = archive.vocabularySize(namespace);
  const unknown = archive.vocabularyIndex(namespace, '@@UNKNOWN@@');
  if (unknown === undefined) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The vocabulary ${namespace} of the archive has no entry for unknown tokens, which copynet_seq2seq needs.`,
    );
  }
  const copy = archive.vocabularyIndex(namespace, token);
  return copy === undefined ? { size: size + 1, unknown, copy: size } : { size, unknown, copy };
}

function buildStep(scope: Scope, parsed: Params, vocabulary: CopyVocabulary, dim: number): ArchiveGraph {
  const step = new StepGraph(scope);
  const { target_embedding_dim: embedded } = parsed;
  const before = { hidden: step.state('hidden', dim), context: step.state('context', dim) };
  const { words, weights } = copiedInput(step, vocabulary);
  const table = buildModule('embedding', scope.at('_target_embedder'), {
    embedding_dim: embedded,
    num_embeddings: vocabulary.size,
  });
  const attention = buildModule('attention', scope.at('_attention'), parsed.attention);
  const read = [
    reshape(scope, table.lookUp(words), [-1, embedded]),
    readSource(step, attention, before.hidden, dim),
    sumOfSource(step, weights, dim),
  ];
  const input = linear(scope.at('_input_projection_layer'), concat(scope, read, -1), embedded + 2 * dim, dim);
  const after = lstmCell(scope.at('_decoder_cell'), input, before, { inputs: dim, dim });
  step.leave('hidden', after.hidden, dim);
  step.leave('context', after.context, dim);
  const generation = linear(scope.at('_output_generation_layer'), after.hidden, dim, vocabulary.size);
  const copying = op(scope, 'Transpose', [step.memory('copying', ['source', dim])], {
    perm: ints([0, 2, 1]),
  });
  const scores = op(scope, 'MatMul', [step.toBeams(after.hidden, dim), copying]);
  const mask = unsqueeze(scope, step.memory('mask', ['source']), 1);
  const all = [step.toBeams(generation, vocabulary.size), fillPadding(scope, scores, mask, LOWEST)];
  const logProbabilities = logSoftmax(scope, concat(scope, all, -1));
  const generated = slice(scope, logProbabilities, 2, 0, vocabulary.size);
  const copied = slice(scope, logProbabilities, 2, vocabulary.size);
  step.leaveBeams('copied', copied, 'source');
  return step.finish(joinCopied(step, generated, copied));
}
