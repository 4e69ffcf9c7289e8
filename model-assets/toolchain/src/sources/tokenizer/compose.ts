/**
 * Makes the tokenizer.json of a folder out of all that its files say: the file itself with the settings of its class, or one that is
 * built from a vocabulary. See ADR-tokenizer-files.md.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SourceFolder } from '../folder.ts';
import { addOwnTokens, buildTokenizer, type TokenizerFacts, writeProcessor } from './build.ts';
import { applyPrefixSpace } from './byte-level.ts';
import { refuseBrokenRules } from './charsmap.ts';
import { refuseContradictions } from './contradictions.ts';
import { findClass } from './find-class.ts';
import { lowerFirst } from './lower-first.ts';
import { withoutTypes } from './post-processors.ts';
import { withFirstSpace } from './sentence-piece.ts';
import { listIgnored, refuseSettings } from './setting-keys.ts';
import type { TokenizerFiles } from './settings.ts';
import { nameSpecialTokens, type SpecialTokens } from './special-tokens.ts';
import { type TokenizerJson, tokenizerSchema } from './tokenizer-json.ts';
import { applyBertSettings } from './word-piece.ts';

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
  const facts: TokenizerFacts = { folder, files, found, named, rows };
  const written = folder.json(FILE, tokenizerSchema);
  const { tokenizer: plain, note } = written
    ? { tokenizer: applySettings(written, facts), note: undefined }
    : buildTokenizer(facts);
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
      ...(note === undefined ? [] : [note]),
      ...(ignored.length === 0
        ? []
        : [`settings of tokenizer_config.json that were not applied: ${ignored.join(', ')}`]),
    ],
  };
}

/** Tells whether settings changed any of the parts that they can change. */
function isChanged(tokenizer: TokenizerJson, written: TokenizerJson): boolean {
  const parts = ['added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const;
  return parts.some((part) => !isDeepStrictEqual(tokenizer[part], written[part]));
}

/** tokenizer.json as its class opens it, whose settings win over parts of the file. */
function applySettings(written: TokenizerJson, facts: TokenizerFacts): TokenizerJson {
  const { settings } = facts.files;
  const { known } = facts.found;
  if (known) refuseContradictions(written, known, settings);
  const tokenizer = addOwnTokens(written, facts, settings.added_tokens_decoder ? [] : written.added_tokens);
  const prefixed = known?.kind === 'byte-level' || typeof settings.add_prefix_space === 'boolean';
  const spaced = known?.spacesFirst?.(settings) ? withFirstSpace(tokenizer) : tokenizer;
  return {
    ...spaced,
    normalizer:
      known?.kind === 'word-piece' ? applyBertSettings(tokenizer.normalizer, settings) : tokenizer.normalizer,
    pre_tokenizer: prefixed ? applyPrefixSpace(spaced.pre_tokenizer, settings) : spaced.pre_tokenizer,
    post_processor: known?.rewritesProcessor?.(settings)
      ? writeProcessor(known, facts, tokenizer)
      : tokenizer.post_processor,
  };
}
