/** The vocabulary of an archive: tokens and ids by namespace, as the files of `vocabulary/` have them. */
import { EngineError } from '@pilotlight/model-format/errors';

export interface Vocabulary {
  /** Tokens of a namespace, padding and out-of-vocabulary entries included. */
  size(namespace: string): number;
  has(namespace: string): boolean;
  /** The id of a token, or of the out-of-vocabulary entry. @throws EngineError INVALID_INPUT in a namespace without that entry */
  id(token: string, namespace: string): number;
  token(id: number, namespace: string): string | undefined;
  /** Whether a token has an id of its own. */
  knows(token: string, namespace: string): boolean;
  /** Puts the tokens of a hub model over those of a namespace, as its indexer does when it is first used. */
  addHub(tokens: HubVocabulary, namespace: string): void;
}

export interface HubVocabulary {
  size(): number;
  id(token: string): number | undefined;
  token(id: number): string | undefined;
}

export interface VocabularyOptions {
  /** @default @@PADDING@@ */
  readonly paddingToken?: string | undefined;
  /** @default @@UNKNOWN@@ */
  readonly oovToken?: string | undefined;
}

/** The texts of the files of `vocabulary/` by their names: `tokens.txt`. */
export type VocabularyFiles = Readonly<Record<string, string>>;

interface Namespace {
  readonly ids: Map<string, number>;
  readonly tokens: Map<number, string>;
  hub?: HubVocabulary;
  /** Counted when it is first asked for: a hub model has many tokens. */
  size?: number;
}

const PATTERNS_FILE = 'non_padded_namespaces.txt';
const DEFAULT_PATTERNS = ['*tags', '*labels'];

/**
 * Reads a vocabulary. Namespaces that match `non_padded_namespaces.txt` count from 0; others have padding at 0 and the lines of
 * their file from 1.
 *
 * @throws EngineError PACKAGE_INVALID where a padded namespace lacks the out-of-vocabulary entry
 */
export function openVocabulary(files: VocabularyFiles, options: VocabularyOptions = {}): Vocabulary {
  return new ArchiveVocabulary(files, options);
}

class ArchiveVocabulary implements Vocabulary {
  readonly #namespaces = new Map<string, Namespace>();
  readonly #padding: string;
  readonly #oov: string;
  readonly #patterns: readonly string[];

  constructor(files: VocabularyFiles, options: VocabularyOptions) {
    this.#padding = options.paddingToken ?? '@@PADDING@@';
    this.#oov = options.oovToken ?? '@@UNKNOWN@@';
    const patterns = files[PATTERNS_FILE];
    this.#patterns = patterns === undefined ? DEFAULT_PATTERNS : linesOf(patterns).map((line) => line.trim());
    for (const [file, text] of Object.entries(files)) {
      if (file === PATTERNS_FILE || file.startsWith('.')) continue;
      const namespace = file.replaceAll('.txt', '');
      this.#namespaces.set(namespace, this.#read(text, namespace));
    }
  }

  size(namespace: string): number {
    const entry = this.#namespace(namespace);
    entry.size ??= countTokens(entry);
    return entry.size;
  }

  has(namespace: string): boolean {
    return this.#namespaces.has(namespace);
  }

  id(token: string, namespace: string): number {
    const id = this.#find(token, namespace) ?? this.#find(this.#oov, namespace);
    if (id !== undefined) return id;
    throw new EngineError(
      'INVALID_INPUT',
      `${JSON.stringify(token.slice(0, 100))} is not among the ${namespace} of the model.`,
      { details: { namespace } },
    );
  }

  token(id: number, namespace: string): string | undefined {
    const { tokens, hub } = this.#namespace(namespace);
    return hub?.token(id) ?? tokens.get(id);
  }

  knows(token: string, namespace: string): boolean {
    return this.#find(token, namespace) !== undefined;
  }

  addHub(tokens: HubVocabulary, namespace: string): void {
    const { ids, tokens: own } = this.#namespace(namespace);
    this.#namespaces.set(namespace, { ids, tokens: own, hub: tokens });
  }

  #find(token: string, namespace: string): number | undefined {
    const { ids, hub } = this.#namespace(namespace);
    return hub?.id(token) ?? ids.get(token);
  }

  /** A namespace without a file has the two entries of a padded one, or nothing. */
  #namespace(name: string): Namespace {
    return this.#namespaces.get(name) ?? toNamespace(this.#isPadded(name) ? [this.#padding, this.#oov] : []);
  }

  #read(text: string, namespace: string): Namespace {
    const lines = linesOf(text).map((line) => line.replaceAll('@@NEWLINE@@', '\n'));
    if (!this.#isPadded(namespace)) return toNamespace(lines);
    if (lines.includes(this.#oov)) return toNamespace([this.#padding, ...lines]);
    throw new EngineError(
      'PACKAGE_INVALID',
      `The archive's vocabulary ${namespace} has no out-of-vocabulary entry ${this.#oov}.`,
    );
  }

  #isPadded(namespace: string): boolean {
    return !this.#patterns.some((pattern) =>
      pattern.startsWith('*') ? namespace.endsWith(pattern.slice(1)) : namespace === pattern,
    );
  }
}

function countTokens({ ids, hub }: Namespace): number {
  if (!hub) return ids.size;
  return hub.size() + [...ids.keys()].filter((token) => hub.id(token) === undefined).length;
}

/** Of equal lines the last one counts. */
function toNamespace(tokens: readonly string[]): Namespace {
  return {
    ids: new Map(tokens.map((token, id) => [token, id])),
    tokens: new Map(tokens.map((token, id) => [id, token])),
  };
}

/** An empty line is a token; the end of the last line is none. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
