/** What turns text into tensors in an archive: its configuration, its vocabulary, and the tokenizers of the hub models that it names. */
import type { Tokenizer as NativeTokenizer } from 'tokenizers';
import type { Vocabulary } from './vocabulary.ts';

/** A part of config.json: `type` is its registrable name, the rest are its parameters. */
export type Params = { readonly [name: string]: unknown };

/** The part of config.json that prediction needs; a package has it as JSON. */
export interface ArchiveConfig {
  /** The registrable name of the predictor: `sentence_tagger`. */
  readonly predictor: string;
  readonly model: Params;
  /** `validation_dataset_reader` where the archive has one, else `dataset_reader`. */
  readonly reader: Params;
  /** The tokenizer that stands in for spaCy. @default - the rules for English */
  readonly tokenization?: 'whitespace' | undefined;
}

/** The tokenizer of a hub model that the archive names, and the facts of its configuration files. */
export interface HubTokenizer {
  /** Truncation and padding are off. */
  readonly native: NativeTokenizer;
  /** config.json of the hub model. */
  readonly config: Params;
  /** tokenizer_config.json; empty where there is none. */
  readonly tokenizerConfig: Params;
}

export interface TextArchive {
  readonly config: ArchiveConfig;
  readonly vocabulary: Vocabulary;
  /** The tokenizer of a hub model by the name that the configuration calls it. @throws EngineError PACKAGE_INVALID where there is none */
  hub(modelName: string): HubTokenizer;
}
