/** All parts that AllenNLP models are built from, by role and registrable name: one row for each. */
import { ToolchainError } from '../../errors.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { autoRegressive } from './decoders/auto-regressive.ts';
import { lstmCellDecoder } from './decoders/lstm-cell.ts';
import { stackedSelfAttention } from './decoders/stacked-self-attention.ts';
import { basic } from './embedders/basic.ts';
import { characterEncoding } from './embedders/character-encoding.ts';
import { embedding, embeddingEmbedder } from './embedders/embedding.ts';
import { empty } from './embedders/empty.ts';
import { feedforward } from './feedforward.ts';
import type { ArchiveParts, ModuleDefinition, Role, Scope } from './module.ts';
import { GraphScope } from './scope.ts';
import * as seq2seqAugmented from './seq2seq/augmented.ts';
import * as seq2seqRecurrent from './seq2seq/recurrent.ts';
import * as seq2vecAugmented from './seq2vec/augmented.ts';
import { bagOfEmbeddings, boe } from './seq2vec/bag-of-embeddings.ts';
import * as seq2vecRecurrent from './seq2vec/recurrent.ts';
import { bertPooler } from './transformers/bert-pooler.ts';
import { bertHead, gpt2Head, linearHead } from './transformers/language-model-heads.ts';
import { classifierHead, transformerBackbone } from './transformers/multitask-parts.ts';
import { pretrainedTransformer } from './transformers/pretrained-transformer.ts';
import { pretrainedTransformerMismatched } from './transformers/pretrained-transformer-mismatched.ts';

const MODULES: readonly ModuleDefinition[] = [
  autoRegressive,
  lstmCellDecoder,
  stackedSelfAttention,
  pretrainedTransformer,
  pretrainedTransformerMismatched,
  bertPooler,
  bertHead,
  gpt2Head,
  linearHead,
  transformerBackbone,
  classifierHead,
  basic,
  embeddingEmbedder,
  characterEncoding,
  empty,
  embedding,
  feedforward,
  ...Object.values(seq2seqAugmented),
  seq2seqRecurrent.lstm,
  seq2seqRecurrent.gru,
  seq2seqRecurrent.rnn,
  bagOfEmbeddings,
  boe,
  ...Object.values(seq2vecAugmented),
  seq2vecRecurrent.lstm,
  seq2vecRecurrent.gru,
  seq2vecRecurrent.rnn,
];

/** Finds what a registrable name stands for. @throws ToolchainError SOURCE_UNSUPPORTED with the names that there are */
export function findModule(role: Role, type: string): ModuleDefinition {
  const found = MODULES.find((definition) => definition.role === role && definition.type === type);
  if (found) return found;
  const known = MODULES.filter((definition) => definition.role === role).map((definition) => definition.type);
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The ${role} '${type}' is not supported; those are: ${known.sort().join(', ')}.`,
  );
}

/** The root of the archive in a graph that is to be built. */
export function newScope(graph: GraphBuilder, archive: ArchiveParts): Scope {
  return GraphScope.root(graph, archive, findModule);
}
