/** Reading the files of a source, and remembering which were read. */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { digestFile } from '@pilotlight/model-format';
import type { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import { explainMissing } from './hub.ts';
import { parseJson } from './json.ts';
import { checkFile } from './source-file.ts';

/** A folder whose files belong to the source; `prefix` goes before their names where they are recorded. */
interface Part {
  readonly path: string;
  readonly prefix: string;
}

/** The folders that a source is made of, where they are several. */
interface Composition {
  readonly parts: readonly Part[];
  readonly roots: readonly string[];
  readonly name: string;
}

/** Texts are read whole. Vocabularies of a million tokens, the largest there are, take half of this. */
const MAX_TEXT_BYTES = 128 * 2 ** 20;

/** A folder of the cache of the Hugging Face Hub is called by its revision, and lies below the name of the model. */
const SNAPSHOT = /[\\/]models--([^\\/]+)[\\/]snapshots[\\/][^\\/]+$/;

export class SourceFolder {
  readonly path: string;
  /** The name of the source: that of its folder, or that on the hub where it can be told. */
  readonly name: string;
  /** The first one that has a file gives it. */
  readonly #parts: readonly Part[];
  /** Links lead nowhere but into these. */
  readonly #roots: readonly string[];
  readonly #read = new Map<string, string>();

  /** Throws SOURCE_NOT_FOUND unless the path is a folder. */
  constructor(path: string, of: Partial<Composition> = {}) {
    this.path = resolve(path);
    this.name = of.name ?? SNAPSHOT.exec(this.path)?.[1]?.replace('--', '/') ?? basename(this.path);
    this.#parts = of.parts ?? [{ path: this.path, prefix: '' }];
    this.#roots = of.roots ?? [this.path];
    if (!isFolder(this.path)) throw new ToolchainError('SOURCE_NOT_FOUND', explainMissing(path));
  }

  /** The model in a folder of this one: it has the files of both, its own before those around it. */
  inside(subfolder: string): SourceFolder {
    const path = join(this.path, subfolder);
    const parts = [{ path, prefix: `${subfolder}/` }, ...this.#parts];
    return new SourceFolder(path, { parts, roots: this.#roots, name: `${this.name}/${subfolder}` });
  }

  /** The files of this folder, and behind them those of `base`. */
  over(base: SourceFolder): SourceFolder {
    const below = base.#parts.map(({ path, prefix }) => ({ path, prefix: `base/${prefix}` }));
    const roots = [...this.#roots, ...base.#roots];
    return new SourceFolder(this.path, { parts: [...this.#parts, ...below], roots, name: this.name });
  }

  has(file: string): boolean {
    return this.#find(file) !== undefined;
  }

  /** Names of the files in the folder, or in a folder of it, sorted; none where that is missing. */
  list(subfolder = '.'): string[] {
    const names = this.#parts.flatMap(({ path }) => {
      const folder = join(path, subfolder);
      return isFolder(folder) ? readdirSync(folder) : [];
    });
    return [...new Set(names)].sort();
  }

  /**
   * Absolute path of a file that goes into the package; its sum is recorded. Throws SOURCE_NOT_FOUND where it is missing,
   * SOURCE_INVALID where it is no file, a link out of the folder, or the pointer of a file that was not downloaded.
   */
  use(file: string): string {
    const part = this.#find(file);
    if (part === undefined) {
      throw new ToolchainError('SOURCE_NOT_FOUND', `'${this.name}' has no file '${file}'.`);
    }
    const path = join(part.path, file);
    checkFile(path, file, this.#roots);
    this.#read.set(part.prefix + file, path);
    return path;
  }

  /** The text of a file, without a byte order mark; undefined where it is missing. */
  text(file: string): string | undefined {
    return this.#bytes(file)
      ?.toString()
      .replace(/^\ufeff/, '');
  }

  /** Parses a JSON file; undefined where it is missing. Throws SOURCE_INVALID when it does not fit the schema. */
  json<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> | undefined {
    const bytes = this.#bytes(file);
    return bytes === undefined ? undefined : parseJson(bytes, file, schema);
  }

  /** sha256 of every file used so far, in the order of their names. */
  sums(): Record<string, string> {
    const files = [...this.#read].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(files.map(([name, path]) => [name, digestFile(path).sha256]));
  }

  #bytes(file: string): Buffer | undefined {
    if (!this.has(file)) return undefined;
    const path = this.use(file);
    const { size } = statSync(path);
    if (size <= MAX_TEXT_BYTES) return readFileSync(path);
    throw new ToolchainError(
      'SOURCE_INVALID',
      `${file} has ${size} bytes; at most ${MAX_TEXT_BYTES} are read of it.`,
    );
  }

  /** Anything of that name counts, a broken link too: `use` says what is wrong with it. */
  #find(file: string): Part | undefined {
    return this.#parts.find(
      ({ path }) => lstatSync(join(path, file), { throwIfNoEntry: false }) !== undefined,
    );
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
