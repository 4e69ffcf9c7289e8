/** The tokenizers of the hub models that an archive names; their files lie beside it. */
import { EngineError } from '@pilotlight/model-format/errors';
import { AddedToken, Tokenizer as NativeTokenizer } from 'tokenizers';
import * as z from 'zod/mini';
import { applyKwargs, type TokenizerKwargs } from './hub-kwargs.ts';
import { findSpecialTokens, namedSpecialTokens, type SpecialTokens } from './hub-special-tokens.ts';
import { type Params, parseParams } from './params.ts';
import type { HubVocabulary } from './vocabulary.ts';

/** Reads a file of the folder of a hub model; undefined where it has none. */
export type HubFiles = (file: string) => string | undefined;

/** The tokenizer of a hub model that the archive names, and the facts of its configuration files. */
export interface HubTokenizer {
  readonly modelName: string;
  /** Truncation and padding are off. */
  readonly native: NativeTokenizer;
  /** config.json of the hub model. */
  readonly config: Params;
  /** tokenizer_config.json; empty where there is none. */
  readonly tokenizerConfig: Params;
  readonly vocabulary: HubVocabulary;
  /** The id that pads texts: 0 where the tokenizer has none, as GPT-2's. */
  readonly padId: number;
  /** The special tokens around a text and a pair, with their types. */
  specialTokens(): Promise<SpecialTokens>;
}

const anyObject = z.record(z.string(), z.unknown());

/** Opens the tokenizer of a hub model. @throws EngineError PACKAGE_INVALID where its files are missing or do not parse */
export function openHubTokenizer(
  modelName: string,
  files: HubFiles,
  kwargs: TokenizerKwargs = {},
): HubTokenizer {
  const object = (file: string, json: string) =>
    parseParams(anyObject, parseJson(json), `${modelName}/${file}`);
  const config = object('config.json', needed(files, 'config.json', modelName));
  const tokenizerConfig = object('tokenizer_config.json', files('tokenizer_config.json') ?? '{}');
  const special = namedSpecialTokens(
    { ...tokenizerConfig, ...object('special_tokens_map.json', files('special_tokens_map.json') ?? '{}') },
    typeof config.model_type === 'string' ? config.model_type : '',
  );
  const { json, added } = applyKwargs(needed(files, 'tokenizer.json', modelName), {
    ...tokenizerConfig,
    ...kwargs,
  });
  const native = openNative(json, modelName);
  const known = new Set(added.values());
  const extra = kwargs.additional_special_tokens ?? [];
  native.addAddedTokens(
    [...special.tokens, ...extra.map((content) => ({ content, options: { normalized: false } }))]
      .filter(({ content }) => !known.has(content))
      .map(({ content, options }) => new AddedToken(content, true, options)),
  );
  // The library gives the text of an added token as its normalizer has it, in lower case that is.
  const token = (id: number) => added.get(id) ?? native.idToToken(id) ?? undefined;
  const specialTokens = onceOnly(() => findSpecialTokens(native, token, modelName));
  return {
    modelName,
    native,
    config,
    tokenizerConfig,
    vocabulary: {
      size: () => native.getVocabSize(true),
      id: (token) => native.tokenToId(token) ?? undefined,
      token,
    },
    padId: (special.pad === undefined ? undefined : native.tokenToId(special.pad)) ?? 0,
    specialTokens,
  };
}

function openNative(json: string, modelName: string): NativeTokenizer {
  try {
    const native = NativeTokenizer.fromString(json);
    native.disableTruncation();
    native.disablePadding();
    return native;
  } catch (cause) {
    throw new EngineError('PACKAGE_CORRUPT', `The tokenizer of ${modelName} does not parse.`, { cause });
  }
}

function onceOnly<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function needed(files: HubFiles, file: string, modelName: string): string {
  const text = files(file);
  if (text !== undefined) return text;
  throw new EngineError('PACKAGE_INVALID', `The archive needs ${file} of ${modelName}, which is not there.`, {
    details: { hub: modelName, file },
  });
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new EngineError('PACKAGE_CORRUPT', 'A file of a hub model is not JSON.', { cause });
  }
}
