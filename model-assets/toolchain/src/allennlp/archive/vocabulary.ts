/**
 * The vocabulary of an archive, read as `Vocabulary.from_files` of AllenNLP reads it: a file of tokens for each namespace, and
 * non_padded_namespaces.txt with the patterns of those that have neither padding nor an out-of-vocabulary entry.
 */
import { ToolchainError } from '../../errors.ts';

/** The entries of padded namespaces that are no tokens of a text. */
export interface SpecialEntries {
  readonly padding: string;
  readonly oov: string;
}

const DEFAULT_ENTRIES: SpecialEntries = { padding: '@@PADDING@@', oov: '@@UNKNOWN@@' };
const NON_PADDED_FILE = 'non_padded_namespaces.txt';
const NEWLINE = '@@NEWLINE@@';

/** The content of the files of `vocabulary/` by their names. */
export type VocabularyTexts = ReadonlyMap<string, string>;

export class ArchiveVocabulary {
  /** Names of namespaces, or `*` and the end of them. */
  readonly nonPadded: readonly string[];
  /** The tokens of each namespace, those of a padded one with the padding first. */
  readonly namespaces: ReadonlyMap<string, ReadonlySet<string>>;

  readonly #entries: SpecialEntries;

  constructor(
    nonPadded: readonly string[],
    namespaces: ReadonlyMap<string, ReadonlySet<string>>,
    entries: SpecialEntries,
  ) {
    this.nonPadded = nonPadded;
    this.namespaces = namespaces;
    this.#entries = entries;
  }

  isPadded(namespace: string): boolean {
    return isPadded(namespace, this.nonPadded);
  }

  /** As AllenNLP counts: a padded namespace that there is no file of has its two special entries. */
  size(namespace: string): number {
    return this.namespaces.get(namespace)?.size ?? (this.isPadded(namespace) ? 2 : 0);
  }

  /** The id of a token; undefined where the namespace does not have it. */
  index(namespace: string, token: string): number | undefined {
    const { padding, oov } = this.#entries;
    const start = this.isPadded(namespace) ? [padding, oov] : [];
    const index = [...(this.namespaces.get(namespace) ?? start)].indexOf(token);
    return index < 0 ? undefined : index;
  }

  /** The vocabulary with the tokens of another behind its own, as `from_archive` extends it. */
  extendedBy(other: ArchiveVocabulary): ArchiveVocabulary {
    const nonPadded = [...new Set([...this.nonPadded, ...other.nonPadded])];
    const namespaces = new Map(this.namespaces);
    for (const [namespace, tokens] of other.namespaces) {
      const { padding, oov } = this.#entries;
      const start = isPadded(namespace, nonPadded) ? [padding, oov] : [];
      namespaces.set(namespace, new Set([...(namespaces.get(namespace) ?? start), ...tokens]));
    }
    return new ArchiveVocabulary(nonPadded, namespaces, this.#entries);
  }

  /** The files that hold it, by their names. */
  texts(): Map<string, string> {
    const texts = new Map([[NON_PADDED_FILE, this.nonPadded.map((pattern) => `${pattern}\n`).join('')]]);
    for (const [namespace, tokens] of this.namespaces) {
      const listed = this.isPadded(namespace) ? [...tokens].slice(1) : [...tokens];
      texts.set(`${namespace}.txt`, listed.map((token) => `${token.replaceAll('\n', NEWLINE)}\n`).join(''));
    }
    return texts;
  }
}

/** @throws ToolchainError SOURCE_INVALID where a padded namespace has no out-of-vocabulary entry */
export function readVocabulary(
  texts: VocabularyTexts,
  named: Partial<SpecialEntries> = {},
): ArchiveVocabulary {
  const entries = { ...DEFAULT_ENTRIES, ...named };
  const patterns = texts.get(NON_PADDED_FILE);
  if (patterns === undefined) {
    throw new ToolchainError('SOURCE_INVALID', `The archive has no vocabulary/${NON_PADDED_FILE}.`);
  }
  const nonPadded = patterns
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const namespaces = new Map<string, ReadonlySet<string>>();
  for (const [file, text] of texts) {
    if (file === NON_PADDED_FILE || file.startsWith('.')) continue;
    const namespace = file.replaceAll('.txt', '');
    namespaces.set(namespace, readTokens(file, text, isPadded(namespace, nonPadded) ? entries : undefined));
  }
  return new ArchiveVocabulary(nonPadded, namespaces, entries);
}

/** The entries are undefined for a namespace that is not padded. */
function readTokens(file: string, text: string, entries: SpecialEntries | undefined): ReadonlySet<string> {
  const lines = text.split(/\r\n|\n/);
  if (lines.at(-1) === '') lines.pop();
  const tokens = lines.map((line) => line.replaceAll(NEWLINE, '\n'));
  if (entries === undefined) return new Set(tokens);
  if (tokens.includes(entries.oov)) return new Set([entries.padding, ...tokens]);
  throw new ToolchainError(
    'SOURCE_INVALID',
    `vocabulary/${file} has no ${entries.oov}, which a padded namespace needs.`,
  );
}

/** `namespace_match` of AllenNLP: a pattern that begins with `*` is the end of names. */
function isPadded(namespace: string, nonPadded: readonly string[]): boolean {
  return !nonPadded.some((pattern) =>
    pattern.startsWith('*') ? namespace.endsWith(pattern.slice(1)) : namespace === pattern,
  );
}
