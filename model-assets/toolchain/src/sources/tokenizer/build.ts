/** Builds a tokenizer from the vocabulary of its class, for folders without tokenizer.json. */
import { ToolchainError } from '../../errors.ts';
import type { SourceFolder } from '../folder.ts';
import { buildByteLevel } from './byte-level.ts';
import { assembleTokenizer, type Draft } from './draft.ts';
import type { FoundClass } from './find-class.ts';
import { BYTE_LEVEL, writeRoberta, writeTemplate } from './post-processors.ts';
import { buildSentencePiece } from './sentence-piece.ts';
import { readSentencePieceModel } from './sentence-piece-model.ts';
import { contentOf, isSpecialTokenName, type TokenizerFiles } from './settings.ts';
import { addSpecialTokens, type SpecialTokens } from './special-tokens.ts';
import type { TokenizerClass } from './tokenizer-class.ts';
import { type Component, listTokenIds, type TokenizerJson } from './tokenizer-json.ts';
import { buildWordPiece } from './word-piece.ts';

/** All that is known of a tokenizer beside its vocabulary. */
export interface TokenizerFacts {
  readonly folder: SourceFolder;
  readonly files: TokenizerFiles;
  readonly found: FoundClass;
  /** The special tokens by name, those of the class included. */
  readonly named: SpecialTokens;
  /** Size of the embedding table, where it is known. */
  readonly rows: number | undefined;
}

/** @throws ToolchainError SOURCE_INVALID where a file is missing or broken, SOURCE_UNSUPPORTED for a class that is not known */
export function buildTokenizer(facts: TokenizerFacts): { tokenizer: TokenizerJson; note: string } {
  const { folder, files, found } = facts;
  const { known, name } = found;
  if (known === undefined) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The folder has no tokenizer.json, and none can be built for ${name ?? `a model of type '${files.modelType}'`}. ` +
        'Write one with AutoTokenizer.from_pretrained(...).save_pretrained(...) of transformers.',
    );
  }
  if (!folder.has(known.file)) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `The folder has no tokenizer.json, and no ${known.file}, of which ${name} could be built.`,
    );
  }
  const tokenizer = addOwnTokens(assembleTokenizer(draftTokenizer(known, facts)), facts, []);
  return {
    tokenizer: { ...tokenizer, post_processor: writeProcessor(known, facts, tokenizer) },
    note: `the tokenizer was built from ${known.file}, as ${name} of transformers does`,
  };
}

function draftTokenizer(
  { kind, file, pieces, draft }: TokenizerClass,
  { folder, files, named }: TokenizerFacts,
): Draft {
  const { settings } = files;
  if (draft) return draft(folder, settings);
  if (pieces !== undefined) return buildSentencePiece(readSentencePieceModel(folder, file), pieces, settings);
  return kind === 'word-piece'
    ? buildWordPiece(folder, settings, contentOf(named.unk_token) ?? '')
    : buildByteLevel(folder, settings);
}

/** Adds the tokens that the files name, and those of the class; `inFile` has those of a tokenizer.json. */
export function addOwnTokens(
  tokenizer: TokenizerJson,
  { files, found, named, rows }: TokenizerFacts,
  inFile: TokenizerJson['added_tokens'],
): TokenizerJson {
  const ofClass = found.known?.further?.(files.settings) ?? [];
  return addSpecialTokens(tokenizer, files, { named, ofClass, rows, inFile });
}

/** The special tokens of a class around texts. @throws ToolchainError SOURCE_INVALID where the vocabulary lacks one */
export function writeProcessor(
  { template }: TokenizerClass,
  { files: { settings }, named }: TokenizerFacts,
  tokenizer: TokenizerJson,
): Component {
  const ids = listTokenIds(tokenizer);
  const find = (name: string) => {
    const token = isSpecialTokenName(name) ? contentOf(named[name]) : name;
    const id = ids.get(token ?? '');
    if (token !== undefined && id !== undefined) return { token, id };
    throw new ToolchainError(
      'SOURCE_INVALID',
      token === undefined
        ? `Nothing says what the ${name} is, which stands in every text.`
        : `The vocabulary of the tokenizer has no token '${token}', which stands in every text.`,
    );
  };
  const written = template(settings);
  if (written === 'byte-level') return BYTE_LEVEL;
  if (written !== 'roberta') return writeTemplate(written, find);
  const { trim_offsets, add_prefix_space } = settings;
  return writeRoberta(find, {
    trim_offsets: trim_offsets ?? true,
    add_prefix_space: add_prefix_space ?? false,
  });
}
