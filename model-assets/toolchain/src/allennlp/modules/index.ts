/** All parts that AllenNLP models are built from, by role and registrable name: one row for each. */
import { ToolchainError } from '../../errors.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import * as attention from './attention/attention.ts';
import * as matrixAttention from './attention/matrix-attention.ts';
import { autoRegressive } from './decoders/auto-regressive.ts';
import { lstmCellDecoder } from './decoders/lstm-cell.ts';
import { selfAttentionDecoder } from './decoders/stacked-self-attention.ts';
import { basic } from './embedders/basic.ts';
import { characterEncoding } from './embedders/character-encoding.ts';
import { elmoEmbedder } from './embedders/elmo.ts';
import { embedding, embeddingEmbedder } from './embedders/embedding.ts';
import { empty } from './embedders/empty.ts';
import { feedforward } from './feedforward.ts';
import type { ArchiveParts, ModuleDefinition, Role, Scope } from './module.ts';
import { GraphScope } from './scope.ts';
import * as seq2seqAugmented from './seq2seq/augmented.ts';
import { gatedCnn } from './seq2seq/gated-cnn.ts';
import { languageModelTransformer } from './seq2seq/language-model-transformer.ts';
import { multiHeadSelfAttention, stackedSelfAttention } from './seq2seq/multi-head-self-attention.ts';
import { pytorchTransformer } from './seq2seq/pytorch-transformer.ts';
import { qanetEncoder, qanetEncoderBlock } from './seq2seq/qanet-encoder.ts';
import * as seq2seqRecurrent from './seq2seq/recurrent.ts';
import * as simple from './seq2seq/simple.ts';
import * as seq2vecAugmented from './seq2vec/augmented.ts';
import { bagOfEmbeddings, boe } from './seq2vec/bag-of-embeddings.ts';
import { clsPooler } from './seq2vec/cls-pooler.ts';
import { cnn } from './seq2vec/cnn.ts';
import { cnnHighway } from './seq2vec/cnn-highway.ts';
import * as seq2vecRecurrent from './seq2vec/recurrent.ts';
import { bidirectionalEndpoint } from './spans/bidirectional-endpoint.ts';
import { endpoint } from './spans/endpoint.ts';
import { maxPooling } from './spans/max-pooling.ts';
import { selfAttentive } from './spans/self-attentive.ts';
import { bertPooler } from './transformers/bert-pooler.ts';
import { bertHead, gpt2Head, linearHead } from './transformers/language-model-heads.ts';
import { classifierHead, transformerBackbone } from './transformers/multitask-parts.ts';
import { pretrainedTransformer } from './transformers/pretrained-transformer.ts';
import { pretrainedTransformerMismatched } from './transformers/pretrained-transformer-mismatched.ts';

const MODULES: readonly ModuleDefinition[] = [
  autoRegressive,
  lstmCellDecoder,
  selfAttentionDecoder,
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
  elmoEmbedder,
  empty,
  embedding,
  feedforward,
  ...Object.values(simple),
  ...Object.values(seq2seqAugmented),
  gatedCnn,
  pytorchTransformer,
  languageModelTransformer,
  multiHeadSelfAttention,
  stackedSelfAttention,
  qanetEncoder,
  qanetEncoderBlock,
  ...Object.values(attention),
  ...Object.values(matrixAttention),
  endpoint,
  bidirectionalEndpoint,
  selfAttentive,
  maxPooling,
  seq2seqRecurrent.lstm,
  seq2seqRecurrent.gru,
  seq2seqRecurrent.rnn,
  bagOfEmbeddings,
  boe,
  ...Object.values(seq2vecAugmented),
  clsPooler,
  cnn,
  cnnHighway,
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
