/** Reading the files of a source, and remembering which were read. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { digestFile } from '@pilotlight/model-format';
import { explainIssue } from '@pilotlight/model-format/errors';
import type { z } from 'zod';
import { ToolchainError } from '../errors.ts';

export class SourceFolder {
  readonly path: string;
  readonly #read = new Set<string>();

  /** Throws SOURCE_NOT_FOUND unless the path is a folder. */
  constructor(path: string) {
    this.path = resolve(path);
    if (!existsSync(this.path) || !statSync(this.path).isDirectory()) {
      throw new ToolchainError('SOURCE_NOT_FOUND', `There is no folder '${path}'.`);
    }
  }

  get name(): string {
    return basename(this.path);
  }

  has(file: string): boolean {
    return existsSync(join(this.path, file));
  }

  /** Names of the files in the folder, or in a folder of it, sorted; none where that is missing. */
  list(subfolder = '.'): string[] {
    const path = join(this.path, subfolder);
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  /** Absolute path of a file that goes into the package; its sum is recorded. */
  use(file: string): string {
    this.#read.add(file);
    return join(this.path, file);
  }

  text(file: string): string | undefined {
    return this.has(file) ? readFileSync(this.use(file), 'utf8') : undefined;
  }

  /** Parses a JSON file; undefined where it is missing. Throws SOURCE_INVALID when it does not fit the schema. */
  json<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> | undefined {
    const text = this.text(file);
    if (text === undefined) return undefined;
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch (cause) {
      throw new ToolchainError('SOURCE_INVALID', `${file} is not JSON.`, { cause });
    }
    const result = schema.safeParse(content);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new ToolchainError(
      'SOURCE_INVALID',
      `${file}: ${issue?.path.join('.') || 'it'}: ${explainIssue(issue)}.`,
    );
  }

  /** sha256 of every file used so far, in the order of their names. */
  sums(): Record<string, string> {
    const files = [...this.#read].sort();
    return Object.fromEntries(files.map((file) => [file, digestFile(join(this.path, file)).sha256]));
  }
}
