/** The models of archives: the one place to register another. */
import type { ArchiveModelDefinition } from '../archive-model.ts';
import { bart } from './bart.ts';
import { basicClassifier } from './basic-classifier.ts';
import { biaffineParser } from './biaffine-parser.ts';
import { composedSeq2seq } from './composed-seq2seq.ts';
import { constituencyParser } from './constituency-parser.ts';
import { copynetSeq2seq } from './copynet-seq2seq.ts';
import { crfTagger } from './crf-tagger.ts';
import { decomposableAttention } from './decomposable-attention.ts';
import { esim } from './esim.ts';
import { simpleSeq2seq } from './simple-seq2seq.ts';
import { simpleTagger } from './simple-tagger.ts';
import { srl } from './srl.ts';
import { t5 } from './t5.ts';

const MODELS: readonly ArchiveModelDefinition[] = [
  basicClassifier,
  simpleTagger,
  crfTagger,
  decomposableAttention,
  esim,
  srl,
  biaffineParser,
  constituencyParser,
  simpleSeq2seq,
  composedSeq2seq,
  copynetSeq2seq,
  bart,
  t5,
];

/** Finds a kind of model by its registrable name. */
export function findArchiveModel(type: string): ArchiveModelDefinition | undefined {
  return MODELS.find((definition) => definition.type === type);
}

/** The registrable names of all models. */
export function archiveModelTypes(): readonly string[] {
  return MODELS.map(({ type }) => type);
}
