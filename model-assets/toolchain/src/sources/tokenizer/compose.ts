/**
 * Makes the tokenizer.json of a folder out of all that its files say: the file itself with the settings of its class, or one that is
 * built from a vocabulary. See ADR-tokenizer-files.md.
 */
import { isDeepStrictEqual } from 'node:util';
import { ToolchainError } from '../../errors.ts';
import type { SourceFolder } from '../folder.ts';
import { applyPrefixSpace, buildByteLevel } from './byte-level.ts';
import { refuseBrokenRules } from './charsmap.ts';
import { type FoundClass, findClass, type TokenizerClass } from './classes.ts';
import { assembleTokenizer, type Draft } from './draft.ts';
import { lowerFirst } from './lower-first.ts';
import { BYTE_LEVEL, withoutTypes, writeRoberta, writeTemplate } from './post-processors.ts';
import { buildSentencePiece } from './sentence-piece.ts';
import { readSentencePieceModel } from './sentence-piece-model.ts';
import { listIgnored, refuseSettings } from './setting-keys.ts';
import { contentOf, isSpecialTokenName, type TokenizerFiles } from './settings.ts';
import { addSpecialTokens, nameSpecialTokens, type SpecialTokens } from './special-tokens.ts';
import { type Component, listTokenIds, type TokenizerJson, tokenizerSchema } from './tokenizer-json.ts';
import { applyBertSettings, buildWordPiece } from './word-piece.ts';

const FILE = 'tokenizer.json';

export interface ComposedTokenizer {
  readonly tokenizer: TokenizerJson;
  /** Its text: that of the file, byte for byte, where nothing changes it. */
  readonly json: string;
  /** The special tokens of the folder by name. */
  readonly named: SpecialTokens;
  /** Facts that the person who packages the model should know. */
  readonly notes: readonly string[];
}

/** What the parts of this file hand to each other. */
interface Source {
  readonly folder: SourceFolder;
  readonly files: TokenizerFiles;
  readonly found: FoundClass;
  readonly named: SpecialTokens;
  readonly rows: number | undefined;
}

/**
 * Composes the tokenizer. `rows` is the size of the embedding table, where it is known.
 *
 * @throws ToolchainError SOURCE_INVALID where files are missing or contradict each other, SOURCE_UNSUPPORTED for a setting or a
 * class that no equal tokenizer can be made for
 */
export function composeTokenizer(
  folder: SourceFolder,
  files: TokenizerFiles,
  rows: number | undefined,
): ComposedTokenizer {
  const { settings } = files;
  refuseSettings(settings);
  const found = findClass(files);
  const named = nameSpecialTokens(files, found.known?.special(settings) ?? {});
  const source: Source = { folder, files, found, named, rows };
  const written = folder.json(FILE, tokenizerSchema);
  const { tokenizer: plain, notes } = written
    ? { tokenizer: applySettings(written, source), notes: [] }
    : buildTokenizer(source);
  refuseBrokenRules(plain.normalizer);
  const typeIds = settings.model_input_names?.includes('token_type_ids') ?? found.known?.typeIds ?? true;
  const ignored = listIgnored(settings, found);
  const tokenizer = {
    ...plain,
    normalizer: files.sentence.do_lower_case ? lowerFirst(plain.normalizer) : plain.normalizer,
    post_processor: typeIds ? plain.post_processor : withoutTypes(plain.post_processor),
  };
  return {
    tokenizer,
    json: (written && !isChanged(tokenizer, written) && folder.text(FILE)) || JSON.stringify(tokenizer),
    named,
    notes: [
      ...notes,
      ...(ignored.length > 0
        ? [`settings of tokenizer_config.json that were not applied: ${ignored.join(', ')}`]
        : []),
    ],
  };
}

/** Tells whether settings changed any of the parts that they can change. */
function isChanged(tokenizer: TokenizerJson, written: TokenizerJson): boolean {
  const parts = ['added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor'] as const;
  return parts.some((part) => !isDeepStrictEqual(tokenizer[part], written[part]));
}

/** tokenizer.json as its class opens it, whose settings win over parts of the file. */
function applySettings(written: TokenizerJson, source: Source): TokenizerJson {
  const { settings } = source.files;
  const { known } = source.found;
  const inFile = settings.added_tokens_decoder ? [] : written.added_tokens;
  const tokenizer = addTokens(written, source, inFile);
  const prefixed = known?.kind === 'byte-level' || typeof settings.add_prefix_space === 'boolean';
  return {
    ...tokenizer,
    normalizer:
      known?.kind === 'word-piece' ? applyBertSettings(tokenizer.normalizer, settings) : tokenizer.normalizer,
    pre_tokenizer: prefixed ? applyPrefixSpace(tokenizer.pre_tokenizer, settings) : tokenizer.pre_tokenizer,
  };
}

/** A tokenizer that is built from the vocabulary of its class. */
function buildTokenizer(source: Source): { tokenizer: TokenizerJson; notes: readonly string[] } {
  const { folder, files, found, named } = source;
  const { known, name } = found;
  if (known === undefined) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The folder has no ${FILE}, and none can be built for ${name ?? `a model of type '${files.modelType}'`}. ` +
        'Write one with AutoTokenizer.from_pretrained(...).save_pretrained(...) of transformers.',
    );
  }
  if (!folder.has(known.file)) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `The folder has no ${FILE}, and no ${known.file}, of which ${name} could be built.`,
    );
  }
  const tokenizer = addTokens(assembleTokenizer(draftTokenizer(known, source)), source, []);
  const ids = listTokenIds(tokenizer);
  const find = (name: string) => {
    const token = isSpecialTokenName(name) ? contentOf(named[name]) : name;
    const id = ids.get(token ?? '');
    if (token !== undefined && id !== undefined) return { token, id };
    throw new ToolchainError(
      'SOURCE_INVALID',
      `${known.file} has no token '${token}', which stands in every text.`,
    );
  };
  return {
    tokenizer: { ...tokenizer, post_processor: writeProcessor(known, files, find) },
    notes: [`the tokenizer was built from ${known.file}, as ${name} of transformers does`],
  };
}

function draftTokenizer({ kind, file, pieces }: TokenizerClass, { folder, files, named }: Source): Draft {
  const { settings } = files;
  if (pieces !== undefined) return buildSentencePiece(readSentencePieceModel(folder, file), pieces, settings);
  return kind === 'word-piece'
    ? buildWordPiece(folder, settings, contentOf(named.unk_token) ?? '')
    : buildByteLevel(folder, settings);
}

function writeProcessor(
  { template }: TokenizerClass,
  { settings }: TokenizerFiles,
  find: Parameters<typeof writeTemplate>[1],
): Component {
  const written = template(settings);
  if (written === 'byte-level') return BYTE_LEVEL;
  if (written !== 'roberta') return writeTemplate(written, find);
  const { trim_offsets, add_prefix_space } = settings;
  return writeRoberta(find, {
    trim_offsets: trim_offsets ?? true,
    add_prefix_space: add_prefix_space ?? false,
  });
}

function addTokens(
  tokenizer: TokenizerJson,
  source: Source,
  inFile: TokenizerJson['added_tokens'],
): TokenizerJson {
  const { files, found, named, rows } = source;
  const ofClass = found.known?.further?.(files.settings) ?? [];
  return addSpecialTokens(tokenizer, files, { named, ofClass, rows, inFile });
}
