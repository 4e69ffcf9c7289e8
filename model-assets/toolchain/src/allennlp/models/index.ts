/** The models whose graphs are built from AllenNLP archives, by registrable name: one row for each. */
import { ToolchainError } from '../../errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { buildModule, listUnsupported } from '../modules/build.ts';
import { findModule } from '../modules/index.ts';
import type { ArchiveGraphs, ArchiveParts, ModuleDefinition, Params, Role } from '../modules/module.ts';
import { GraphScope } from '../modules/scope.ts';
import { bart } from './bart.ts';
import { basicClassifier } from './basic-classifier.ts';
import { biaffineParser } from './biaffine-parser.ts';
import { bidaf } from './bidaf.ts';
import { composedSeq2seq } from './composed-seq2seq.ts';
import { constituencyParser } from './constituency-parser.ts';
import { copynetSeq2seq } from './copynet-seq2seq.ts';
import { coref } from './coref/coref.ts';
import { crfTagger } from './crf-tagger.ts';
import { decomposableAttention } from './decomposable-attention.ts';
import { dialogQa } from './dialog-qa.ts';
import { esim } from './esim.ts';
import { maskedLanguageModel } from './masked-language-model.ts';
import { multitask } from './multitask.ts';
import { naqanet } from './naqanet.ts';
import { nextTokenLm } from './next-token-lm.ts';
import { qanet, rcQanet } from './qanet.ts';
import { simpleSeq2seq } from './simple-seq2seq.ts';
import { simpleTagger } from './simple-tagger.ts';
import { srl } from './srl.ts';
import { srlBert } from './srl-bert.ts';
import { t5 } from './t5.ts';
import { transformerMc } from './transformer-mc.ts';
import { transformerQa } from './transformer-qa.ts';

const MODELS: readonly ModuleDefinition[] = [
  bart,
  t5,
  composedSeq2seq,
  copynetSeq2seq,
  basicClassifier,
  simpleSeq2seq,
  simpleTagger,
  bidaf,
  qanet,
  rcQanet,
  naqanet,
  dialogQa,
  coref,
  srlBert,
  transformerQa,
  transformerMc,
  maskedLanguageModel,
  nextTokenLm,
  multitask,
  crfTagger,
  decomposableAttention,
  esim,
  srl,
  biaffineParser,
  constituencyParser,
];

/**
 * Builds the graphs of a model, whose parameters are the section `model` of config.json.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED where a type or a parameter is not supported, WEIGHTS_INVALID where a tensor does not fit
 */
export function buildGraphs(archive: ArchiveParts, model: Params): ArchiveGraphs {
  return buildModule('model', GraphScope.root(new GraphBuilder('allennlp'), archive, findDefinition), model);
}

/** What of the model is not supported: one line for each type and parameter; empty where the graphs can be built. */
export function unsupportedParts(model: Params): string[] {
  return listUnsupported({ definition: findDefinition }, 'model', model, 'model');
}

function findDefinition(role: Role, type: string): ModuleDefinition {
  if (role !== 'model') return findModule(role, type);
  const found = MODELS.find((definition) => definition.type === type);
  if (found) return found;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The model '${type}' is not supported; those are: ${MODELS.map((definition) => definition.type)
      .sort()
      .join(', ')}.`,
  );
}
