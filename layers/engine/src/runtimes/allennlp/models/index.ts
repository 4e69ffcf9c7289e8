/** The models of archives: the one place to register another. */
import type { ArchiveModelDefinition } from '../archive-model.ts';
import { bart } from './bart.ts';
import { basicClassifier } from './basic-classifier.ts';
import { biaffineParser } from './biaffine-parser.ts';
import { bidaf } from './bidaf.ts';
import { composedSeq2seq } from './composed-seq2seq.ts';
import { constituencyParser } from './constituency-parser.ts';
import { copynetSeq2seq } from './copynet-seq2seq.ts';
import { coref } from './coref.ts';
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

const MODELS: readonly ArchiveModelDefinition[] = [
  basicClassifier,
  simpleTagger,
  crfTagger,
  decomposableAttention,
  esim,
  srl,
  biaffineParser,
  constituencyParser,
  srlBert,
  transformerQa,
  transformerMc,
  maskedLanguageModel,
  nextTokenLm,
  multitask,
  simpleSeq2seq,
  composedSeq2seq,
  copynetSeq2seq,
  bart,
  t5,
  bidaf,
  qanet,
  rcQanet,
  naqanet,
  dialogQa,
  coref,
];

/** Finds a kind of model by its registrable name. */
export function findArchiveModel(type: string): ArchiveModelDefinition | undefined {
  return MODELS.find((definition) => definition.type === type);
}

/** The registrable names of all models. */
export function archiveModelTypes(): readonly string[] {
  return MODELS.map(({ type }) => type);
}
