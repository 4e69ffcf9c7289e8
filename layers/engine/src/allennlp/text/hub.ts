/** The tokenizers of the hub models that an archive names; their files lie beside it. */
import { EngineError } from '@pilotlight/model-format/errors';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import * as z from 'zod/mini';
import { type Params, parseParams } from './params.ts';
import type { HubVocabulary } from './vocabulary.ts';

/** Reads a file of the folder of a hub model; undefined where it has none. */
export type HubFiles = (file: string) => string | undefined;

/** The tokenizer of a hub model that the archive names, and the facts of its configuration files. */
export interface HubTokenizer {
  /** Truncation and padding are off. */
  readonly native: NativeTokenizer;
  /** config.json of the hub model. */
  readonly config: Params;
  /** tokenizer_config.json; empty where there is none. */
  readonly tokenizerConfig: Params;
  readonly vocabulary: HubVocabulary;
}

const anyObject = z.record(z.string(), z.unknown());

/** Opens the tokenizer of a hub model. @throws EngineError PACKAGE_INVALID where its files are missing or do not parse */
export function openHubTokenizer(modelName: string, files: HubFiles): HubTokenizer {
  const native = NativeTokenizer.fromString(needed(files, 'tokenizer.json', modelName));
  native.disableTruncation();
  native.disablePadding();
  return {
    native,
    config: readObject(needed(files, 'config.json', modelName), `${modelName}/config.json`),
    tokenizerConfig: readObject(files('tokenizer_config.json') ?? '{}', `${modelName}/tokenizer_config.json`),
    vocabulary: {
      size: () => native.getVocabSize(true),
      id: (token) => native.tokenToId(token) ?? undefined,
      token: (id) => native.idToToken(id) ?? undefined,
    },
  };
}

function needed(files: HubFiles, file: string, modelName: string): string {
  const text = files(file);
  if (text !== undefined) return text;
  throw new EngineError('PACKAGE_INVALID', `The archive needs ${file} of ${modelName}, which is not there.`);
}

function readObject(json: string, path: string): Params {
  return parseParams(anyObject, JSON.parse(json), path);
}
