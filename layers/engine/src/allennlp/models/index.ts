/** The models of archives: the one place to register another. */
import type { ArchiveModelDefinition } from '../archive-model.ts';
import { basicClassifier } from './basic-classifier.ts';
import { biaffineParser } from './biaffine-parser.ts';
import { constituencyParser } from './constituency-parser.ts';
import { crfTagger } from './crf-tagger.ts';
import { decomposableAttention } from './decomposable-attention.ts';
import { esim } from './esim.ts';
import { simpleTagger } from './simple-tagger.ts';
import { srl } from './srl.ts';

const MODELS: readonly ArchiveModelDefinition[] = [
  basicClassifier,
  simpleTagger,
  crfTagger,
  decomposableAttention,
  esim,
  srl,
  biaffineParser,
  constituencyParser,
];

/** Finds a kind of model by its registrable name. */
export function findArchiveModel(type: string): ArchiveModelDefinition | undefined {
  return MODELS.find((definition) => definition.type === type);
}

/** The registrable names of all models. */
export function archiveModelTypes(): readonly string[] {
  return MODELS.map(({ type }) => type);
}
