/** The tokens that a folder adds to a vocabulary, by the rules of transformers 4.57 for its fast tokenizers. */
import { ToolchainError } from '../../errors.ts';
import {
  contentOf,
  type NamedToken,
  SPECIAL_TOKENS,
  type SpecialTokenName,
  type TokenizerFiles,
} from './settings.ts';
import { type AddedToken, addTokens, type TokenizerJson } from './tokenizer-json.ts';

/** Special tokens of a class, which hold where no file names others. */
export type SpecialTokens = Partial<Record<SpecialTokenName, NamedToken>>;

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true } as const;

/** A special token with properties that differ from the usual. */
export const specialToken = (content: string, properties: Partial<AddedToken> = {}): AddedToken => ({
  ...PLAIN,
  content,
  ...properties,
});

/** The special tokens of a folder by name, those of its class included: one of which a file gives the text alone has the properties of its class. */
export function nameSpecialTokens(files: TokenizerFiles, ofClass: SpecialTokens): SpecialTokens {
  const { settings, specialTokens } = files;
  const named: SpecialTokens = {};
  for (const name of SPECIAL_TOKENS) {
    const legacy = settings.added_tokens_decoder ? undefined : specialTokens[name];
    const written = legacy ?? settings[name];
    const usual = ofClass[name];
    const token = written === undefined ? usual : written;
    if (token != null) {
      named[name] =
        typeof token === 'string' && typeof usual === 'object' ? { ...usual, content: token } : token;
    }
  }
  return named;
}

interface Tokens {
  readonly named: SpecialTokens;
  /** Further special tokens that the class brings along. */
  readonly ofClass?: readonly string[];
  /** Rows of the embedding table, where they are known. */
  readonly rows: number | undefined;
  /** Tokens whose properties stand in a file already: those of a tokenizer.json. */
  readonly inFile?: readonly AddedToken[];
}

/**
 * Adds the tokens that the files name, and those of the class. What a file lists by id has the last word on the properties of a
 * token.
 *
 * @throws ToolchainError SOURCE_INVALID where a file gives a token another id than the tokenizer does
 */
export function addSpecialTokens(
  tokenizer: TokenizerJson,
  files: TokenizerFiles,
  tokens: Tokens,
): TokenizerJson {
  const { named, ofClass = [], rows, inFile = [] } = tokens;
  const further = furtherTokens(files, ofClass);
  const special = new Set([...Object.values(named), ...further].map((token) => contentOf(token)));
  const written = writtenContents(files);
  const listed = listAddedTokens(files, written);
  const withListed = addTokens(
    tokenizer,
    listed.map(({ token }) => ({ ...token, special: token.special || special.has(token.content) })),
  );
  refuseOtherIds(listed, withListed);
  const known = new Map(
    [...inFile, ...listed.map(({ token }) => token)].map((token) => [token.content, token]),
  );
  const wanted = new Map<string, AddedToken>();
  const present = new Set(withListed.added_tokens.map(({ content }) => content));
  for (const token of [
    ...Object.values(named).map((token) => known.get(contentOf(token)) ?? token),
    ...further,
  ]) {
    const content = contentOf(token);
    if (typeof token !== 'string') wanted.set(content, { ...token, special: true });
    else if (!present.has(content) && !wanted.has(content)) wanted.set(content, specialToken(content));
  }
  return addTokens(withListed, [...wanted.values()], rows);
}

function refuseOtherIds(listed: readonly ListedToken[], { added_tokens }: TokenizerJson): void {
  const ids = new Map(added_tokens.map(({ content, id }) => [content, id]));
  const other = listed.find(({ token, id }) => ids.get(token.content) !== id);
  if (!other) return;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `${other.file} gives '${other.token.content}' the id ${other.id}, but the tokenizer gives it ${ids.get(other.token.content)}: ` +
      'the files are of different tokenizers.',
  );
}

function furtherTokens(
  { settings, specialTokens }: TokenizerFiles,
  ofClass: readonly string[],
): NamedToken[] {
  const legacy = settings.added_tokens_decoder ? [] : [specialTokens.additional_special_tokens];
  const lists = [settings.additional_special_tokens, settings.extra_special_tokens, ...legacy];
  const all = [...ofClass, ...lists.flatMap((list) => Object.values(list ?? {}))];
  return [...new Map(all.map((token) => [contentOf(token), token])).values()];
}

interface ListedToken {
  readonly token: AddedToken;
  readonly id: number;
  readonly file: string;
}

/** The tokens that files list with their ids, in the order of the ids. */
function listAddedTokens(
  { settings, addedTokens }: TokenizerFiles,
  special: ReadonlySet<string>,
): ListedToken[] {
  const decoder = settings.added_tokens_decoder;
  const listed = decoder
    ? Object.entries(decoder).map(([id, token]) => ({
        token,
        id: Number(id),
        file: 'tokenizer_config.json: added_tokens_decoder',
      }))
    : Object.entries(addedTokens).map(([content, id]) => {
        const isSpecial = special.has(content);
        return {
          token: specialToken(content, { special: isSpecial, normalized: !isSpecial }),
          id,
          file: 'added_tokens.json',
        };
      });
  return listed.filter(({ token }) => token.content !== '').sort((left, right) => left.id - right.id);
}

/** The texts of all tokens that a file names. */
function writtenContents({ settings, specialTokens }: TokenizerFiles): Set<string> {
  const files = [settings, specialTokens];
  const named = files.flatMap((file) => SPECIAL_TOKENS.map((name) => file[name]));
  const lists = files.flatMap((file) => [file.additional_special_tokens, file.extra_special_tokens]);
  const tokens = [...named, ...lists.flatMap((list) => Object.values(list ?? {}))];
  return new Set(tokens.flatMap((token) => contentOf(token) ?? []));
}
