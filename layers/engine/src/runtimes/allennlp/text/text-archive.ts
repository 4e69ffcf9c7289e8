/** What turns text into tensors in an archive: its configuration, its vocabulary, and the tokenizers of the hub models that it names. */
import { parseJson } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type HubFiles, type HubTokenizer, openHubTokenizer } from './hub.ts';
import type { TokenizerKwargs } from './hub-kwargs.ts';
import type { Params } from './params.ts';
import { openVocabulary, type Vocabulary, type VocabularyFiles } from './vocabulary.ts';

export type { HubFiles, HubTokenizer, Params };

/** The part of config.json that prediction needs; a package has it as JSON. */
export interface ArchiveConfig {
  /** The registrable name of the predictor: `sentence_tagger`. */
  readonly predictor: string;
  readonly model: Params;
  /** `validation_dataset_reader` where the archive has one, else `dataset_reader`. */
  readonly reader: Params;
  /** The entries for padding and for unknown tokens, where the configuration names others than AllenNLP's own. */
  readonly vocabulary?: { readonly padding_token?: string | null; readonly oov_token?: string | null };
  /** The tokenizer that stands in for spaCy. @default - the rules for English */
  readonly tokenization?: 'whitespace' | undefined;
}

export interface TextArchive {
  readonly config: ArchiveConfig;
  readonly vocabulary: Vocabulary;
  /**
   * The tokenizer of a hub model by the name that the configuration calls it.
   *
   * @throws EngineError PACKAGE_INVALID where there is none
   */
  hub(modelName: string, kwargs?: TokenizerKwargs): HubTokenizer;
  /** config.json of a hub model, without its tokenizer; undefined where the archive does not have it. */
  hubConfig(modelName: string): Params | undefined;
}

export interface TextArchiveParts {
  readonly config: ArchiveConfig;
  /** The texts of the files of `vocabulary/`. */
  readonly vocabulary: VocabularyFiles;
  /** Finds the folder of a hub model by its name. @default - the archive names none */
  readonly hub?: (modelName: string) => HubFiles | undefined;
}

const anyObject = z.record(z.string(), z.unknown());

/** Opens what an archive has for text. Tokenizers of hub models are opened when they are first asked for. */
export function openTextArchive({ config, vocabulary, hub }: TextArchiveParts): TextArchive {
  const opened = new Map<string, HubTokenizer>();
  return {
    config,
    vocabulary: openVocabulary(vocabulary, {
      paddingToken: config.vocabulary?.padding_token ?? undefined,
      oovToken: config.vocabulary?.oov_token ?? undefined,
    }),
    hub(modelName, kwargs = {}) {
      const key = JSON.stringify([modelName, kwargs]);
      const known = opened.get(key);
      if (known) return known;
      const files = hub?.(modelName);
      if (!files) throw withoutHub(modelName);
      const tokenizer = openHubTokenizer(modelName, files, kwargs);
      opened.set(key, tokenizer);
      return tokenizer;
    },
    hubConfig(modelName) {
      const text = hub?.(modelName)?.('config.json');
      return text === undefined ? undefined : z.safeParse(anyObject, parseJson(text)).data;
    },
  };
}

function withoutHub(modelName: string): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    `The archive names the hub model ${modelName}, whose files are not in the package.`,
    { details: { hub: modelName } },
  );
}
