/** Opens the official Rust tokenizers, whole or divided. */
import { readFileSync } from 'node:fs';
import type { PackageFile, SplitTokenizer } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { BPE, type Model, Tokenizer, WordPiece } from 'tokenizers';
import * as z from 'zod/mini';
import type { ModelPackage } from '../ports.ts';
import { refuseGrowth } from './refuse-growth.ts';

type Files = Pick<ModelPackage, 'path'>;

/** The files of a tokenizer, as a manifest names them. */
export interface TokenizerParts {
  readonly file: Pick<PackageFile, 'path'>;
  readonly split?: SplitTokenizer | undefined;
}

export interface Opened {
  readonly native: Tokenizer;
  /** All but the vocabulary, of a divided tokenizer. */
  readonly settings?: unknown;
}

/** The settings of the model that a divided tokenizer.json keeps beside the vocabulary; merges may not be ignored or dropped. */
const modelSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('WordPiece'),
    unk_token: z.string(),
    continuing_subword_prefix: z.string(),
    max_input_chars_per_word: z.number(),
    vocab: z.record(z.string(), z.number()),
  }),
  z.strictObject({
    type: z.literal('BPE'),
    dropout: z.optional(z.null()),
    unk_token: z.nullish(z.string()),
    continuing_subword_prefix: z.nullish(z.string()),
    end_of_word_suffix: z.nullish(z.string()),
    fuse_unk: z.optional(z.boolean()),
    byte_fallback: z.optional(z.boolean()),
    ignore_merges: z.optional(z.literal(false)),
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.never()),
  }),
]);
const restSchema = z.looseObject({ model: modelSchema });

/**
 * Opens the tokenizer of a package. The vocabulary of a divided one is read by a thread of the library's own, which
 * begins before this function gives way.
 *
 * @throws EngineError PACKAGE_CORRUPT where a file does not parse; PACKAGE_INVALID for a divided one whose settings `refuseGrowth`
 * does not take. `verify` looks at those of a whole one, because to parse a vocabulary takes longer than a cold start.
 */
export async function openNativeTokenizer(files: Files, { file, split }: TokenizerParts): Promise<Opened> {
  try {
    return split ? await openSplit(files, split) : { native: Tokenizer.fromFile(files.path(file.path)) };
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('PACKAGE_CORRUPT', 'The tokenizer does not parse. Package the model again.', {
      cause,
    });
  }
}

async function openSplit(files: Files, { rest, vocabulary }: SplitTokenizer): Promise<Opened> {
  const json = readFileSync(files.path(rest.path), 'utf8');
  const settings: unknown = JSON.parse(json);
  refuseGrowth(settings);
  const { model } = restSchema.parse(settings);
  const tokenizer = Tokenizer.fromString(json);
  const paths = vocabulary.map(({ path }) => files.path(path));
  tokenizer.setModel(await readModel(model, paths));
  return { native: tokenizer, settings };
}

function readModel(
  model: z.infer<typeof modelSchema>,
  [vocabulary = '', merges = '']: readonly string[],
): Promise<Model> {
  if (model.type === 'WordPiece') {
    return WordPiece.fromFile(vocabulary, {
      unkToken: model.unk_token,
      continuingSubwordPrefix: model.continuing_subword_prefix,
      maxInputCharsPerWord: model.max_input_chars_per_word,
    });
  }
  const { unk_token, continuing_subword_prefix, end_of_word_suffix, fuse_unk, byte_fallback } = model;
  return BPE.fromFile(vocabulary, merges, {
    ...(unk_token != null && { unkToken: unk_token }),
    ...(continuing_subword_prefix != null && { continuingSubwordPrefix: continuing_subword_prefix }),
    ...(end_of_word_suffix != null && { endOfWordSuffix: end_of_word_suffix }),
    ...(fuse_unk !== undefined && { fuseUnk: fuse_unk }),
    ...(byte_fallback !== undefined && { byteFallback: byte_fallback }),
  });
}
