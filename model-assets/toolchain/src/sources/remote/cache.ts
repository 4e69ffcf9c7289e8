/**
 * The cache of models that were fetched, one folder for each:
 *
 *     refs/main                     the commit that a branch was when it was last asked for
 *     listings/<revision>.json      the files of a version, with their sums
 *     snapshots/<revision>/         those of its files that were wanted
 *     partial/                      files on their way, which the next run goes on with
 *
 * Versions never change, so a file that fits its sum is never asked for again; it is compared each time before it is used.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import { z } from 'zod';
import { type Environment, PATH_INSIDE, type RemoteFile } from './remote-source.ts';
import { removeStale, shortLived } from './transfer/partial-file.ts';

const listingSchema = z.array(
  z.object({
    path: z.string().regex(PATH_INSIDE),
    bytes: z.int().nonnegative(),
    sum: z.object({ algorithm: z.enum(['sha256', 'git']), value: z.string() }).optional(),
    tag: z.string().optional(),
  }),
);

/** Partial files that nobody has gone on with for so long are removed. */
const STALE_MS = 7 * 24 * 3600 * 1000;

/** `PILOTLIGHT_CACHE`, else a folder of XDG_CACHE_HOME (specifications.freedesktop.org/basedir-spec). */
export function defaultCache({ PILOTLIGHT_CACHE, XDG_CACHE_HOME, HOME }: Environment): string {
  return (
    PILOTLIGHT_CACHE || join(XDG_CACHE_HOME || join(HOME ?? homedir(), '.cache'), 'pilotlight', 'models')
  );
}

/** Nothing for one that was damaged: it is asked for again. */
function parseListing(text: string): readonly RemoteFile[] | undefined {
  try {
    return listingSchema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

export class ModelCache {
  readonly #folder: string;

  constructor(cache: string, model: string) {
    this.#folder = join(cache, model);
  }

  /** Where files on their way are. */
  get partial(): string {
    return join(this.#folder, 'partial');
  }

  snapshot(revision: string): string {
    return join(this.#folder, 'snapshots', revision);
  }

  /** The revision that a name was when it was last asked for. */
  readRef(name: string): string | undefined {
    return this.#read(this.#ref(name))?.trim();
  }

  readListing(revision: string): readonly RemoteFile[] | undefined {
    const text = this.#read(this.#listing(revision));
    return text === undefined ? undefined : parseListing(text);
  }

  /** Where another version has the same file; it may have been changed there. */
  findCopies({ path, sum }: RemoteFile): string[] {
    if (sum === undefined) return [];
    return this.#revisions().flatMap((revision) => {
      const same = this.readListing(revision)?.some(
        (file) => file.path === path && file.sum?.value === sum.value,
      );
      return same ? [join(this.snapshot(revision), path)] : [];
    });
  }

  #revisions(): string[] {
    const folder = join(this.#folder, 'snapshots');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  writeRef(name: string, revision: string): Promise<void> {
    return this.#write(this.#ref(name), `${revision}\n`);
  }

  writeListing(revision: string, files: readonly RemoteFile[]): Promise<void> {
    return this.#write(this.#listing(revision), `${JSON.stringify(files, null, 1)}\n`);
  }

  /** Makes the folder of partial files, without those that nobody will go on with. */
  async begin(): Promise<void> {
    await mkdir(this.partial, { recursive: true });
    await removeStale(this.partial, STALE_MS);
  }

  /** Removes the folder of partial files, unless there are some. */
  async end(): Promise<void> {
    await rmdir(this.partial).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
    });
  }

  #ref(name: string): string {
    return join(this.#folder, 'refs', encodeURIComponent(name));
  }

  #listing(revision: string): string {
    return join(this.#folder, 'listings', `${revision}.json`);
  }

  #read(path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /** Whole or not at all, whenever the process ends. */
  async #write(path: string, content: string): Promise<void> {
    const unfinished = join(this.partial, shortLived(randomUUID()));
    for (const folder of [this.partial, dirname(path)]) await mkdir(folder, { recursive: true });
    try {
      await writeFile(unfinished, content, { flush: true });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }
}
