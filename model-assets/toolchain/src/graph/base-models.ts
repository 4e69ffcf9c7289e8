/** Every family whose base model can be a part of another graph, with or without heads of its own. */
import { bartEncoder } from './bart.ts';
import type { BaseModel } from './base-model.ts';
import { bertBase } from './bert.ts';
import { distilbertBase } from './distilbert.ts';
import { electraBase } from './electra.ts';
import { gpt2Base } from './gpt2.ts';
import { mpnetBase } from './mpnet.ts';
import { robertaBase } from './roberta.ts';

export interface BaseFamily {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** The part of the model that it is: `encoder`. @default - the whole of it */
  readonly part?: 'encoder';
  /** The tensor of the word embeddings, whose rows may be others than config.json says: tokens may have been added. */
  readonly words: string;
  /** Special tokens at the start and at the end of a single sequence. */
  readonly specials: readonly [start: number, end: number];
  /** Throws SOURCE_INVALID when config.json lacks something or asks for something that this graph does not do. */
  open(config: unknown): BaseModel;
}

const WORDS = 'embeddings.word_embeddings.weight';

export const BASE_FAMILIES: readonly BaseFamily[] = [
  { modelType: 'bert', words: WORDS, specials: [1, 1], open: bertBase },
  { modelType: 'distilbert', words: WORDS, specials: [1, 1], open: distilbertBase },
  { modelType: 'roberta', words: WORDS, specials: [1, 1], open: robertaBase },
  { modelType: 'xlm-roberta', words: WORDS, specials: [1, 1], open: robertaBase },
  { modelType: 'camembert', words: WORDS, specials: [1, 1], open: robertaBase },
  { modelType: 'mpnet', words: WORDS, specials: [1, 1], open: mpnetBase },
  { modelType: 'electra', words: WORDS, specials: [1, 1], open: electraBase },
  { modelType: 'gpt2', words: 'wte.weight', specials: [0, 0], open: gpt2Base },
  { modelType: 'bart', part: 'encoder', words: 'embed_tokens.weight', specials: [1, 1], open: bartEncoder },
];
