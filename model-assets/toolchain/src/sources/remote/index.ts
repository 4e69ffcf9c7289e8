/** Sources that are fetched: the one place to register another kind. */
import { mkdirSync } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ObjectError } from '@pilotlight/engine/internal/store/s3/objects';
import { digestFile } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { type Progress, type Report, silent } from '../../progress.ts';
import { SourceFolder } from '../folder.ts';
import { defaultCache, ModelCache } from './cache.ts';
import { CARD, findArchive, MLMODEL } from './choose-files.ts';
import { huggingFace } from './hugging-face.ts';
import { readTask } from './mlflow/ml-model.ts';
import { mlflow } from './mlflow.ts';
import type { Environment, RemoteFile, RemoteKind, RemoteModel, RemoteVersion } from './remote-source.ts';
import { s3 } from './s3.ts';
import { downloadFiles } from './transfer/download-files.ts';
import { findDifference } from './transfer/sums.ts';

const KINDS: readonly RemoteKind[] = [huggingFace, s3, mlflow];

/** Chooses files of a model, of those that it has, by those that were fetched before. @throws ToolchainError */
export type Choice = (files: readonly RemoteFile[], fetched: SourceFolder) => readonly string[];

export interface FetchOptions {
  /** The files that are wanted: what the first choices bring, the next ones may read. */
  readonly choices: readonly Choice[];
  /** Whether a model that is nothing but an archive of AllenNLP is taken as that. */
  readonly archives: boolean;
  /** The revision, where the address has none. @default - the newest one */
  readonly revision?: string | undefined;
  /** Folder of what was fetched before. @default - a folder of the user's cache */
  readonly cache?: string | undefined;
  /** Whether the cache is all there is. @default false */
  readonly offline?: boolean;
  readonly environment?: Environment;
}

export interface FetchedSource {
  /** The folder of the model, or its archive. */
  readonly path: string;
  /** For the manifest. */
  readonly id: string;
  readonly revision: string;
  /** The file of the model card, where there is one. */
  readonly card?: string | undefined;
  /** The task that the place says it is for. @default - it does not say */
  readonly task?: string | undefined;
}

/** Whether a source is an address, from which it is fetched, such as `hf:org/model`. */
export function isRemote(address: string): boolean {
  return findKind(address) !== undefined;
}

function findKind(address: string): RemoteKind | undefined {
  return KINDS.find(({ prefix }) => address.startsWith(`${prefix}:`));
}

/**
 * Fetches what is wanted of a model into the cache, and compares every file with its sum.
 *
 * @throws ToolchainError SOURCE_NOT_FOUND, SOURCE_DENIED, SOURCE_UNAVAILABLE, SOURCE_INVALID, SOURCE_UNSUPPORTED, STORAGE_FAILED, USAGE
 */
export async function fetchFiles(
  address: string,
  { revision, cache, offline = false, environment = process.env, ...wanted }: FetchOptions,
  progress: Progress = silent,
): Promise<FetchedSource> {
  const kind = findKind(address);
  if (kind === undefined) throw new ToolchainError('USAGE', `'${address}' is no address that is known.`);
  const folder = cache ?? defaultCache(environment);
  let onPause = (_words: string): void => {};
  const model = await kind.open(address, {
    ...{ revision, environment, offline },
    onPause: (words) => onPause(words),
  });
  const store = new ModelCache(folder, model.cacheFolder);
  try {
    return await progress.stage(`fetch ${model.address}`, async (report) => {
      onPause = (words) => report(0, undefined, words);
      await store.begin();
      try {
        const version = offline ? findCached(model, store, folder) : await findVersion(model, store);
        const bring = new Bring(model, version, store, { offline, report });
        return await bringWanted(model, version, bring, wanted);
      } finally {
        await store.end();
      }
    });
  } catch (error) {
    throw explain(error, model);
  }
}

async function findVersion(model: RemoteModel, store: ModelCache): Promise<RemoteVersion> {
  const { revision } = await model.resolve();
  const known = store.readListing(revision);
  const files = known ?? (await model.list(revision));
  if (known === undefined) await store.writeListing(revision, files);
  await store.writeRef(model.asked, revision);
  return { revision, files };
}

/** @throws ToolchainError SOURCE_UNAVAILABLE */
function findCached({ address, asked }: RemoteModel, store: ModelCache, folder: string): RemoteVersion {
  const revision = store.readRef(asked) ?? asked;
  const files = store.readListing(revision);
  if (files !== undefined) return { revision, files };
  throw new ToolchainError(
    'SOURCE_UNAVAILABLE',
    `${address}@${asked} is not in the cache ${folder}, and --offline looks nowhere else. Run the command once without --offline.`,
  );
}

async function bringWanted(
  model: RemoteModel,
  { revision, files }: RemoteVersion,
  bring: Bring,
  { choices, archives }: Pick<FetchOptions, 'choices' | 'archives'>,
): Promise<FetchedSource> {
  const card = files.some(({ path }) => path === CARD) ? join(bring.folder, CARD) : undefined;
  const found = { id: model.id, revision, card };
  const archive = archives ? findArchive(files) : undefined;
  if (archive !== undefined) {
    await bring.all([archive, CARD]);
    await bring.keepSums();
    return { ...found, path: join(bring.folder, archive) };
  }
  for (const choose of choices) {
    await bring.all(choose(files, new SourceFolder(bring.folder, { name: model.id })));
  }
  await bring.keepSums();
  const task = readTask(new SourceFolder(bring.folder).text(MLMODEL));
  return { ...found, path: bring.folder, task };
}

interface BringOptions {
  readonly offline: boolean;
  readonly report: Report;
}

/** Brings files of one version to its folder in the cache. */
class Bring {
  readonly folder: string;
  readonly #model: RemoteModel;
  readonly #files: Map<string, RemoteFile>;
  readonly #store: ModelCache;
  readonly #revision: string;
  readonly #options: BringOptions;
  readonly #fetched = new Set<string>();
  #done = 0;
  #all = 0;

  constructor(
    model: RemoteModel,
    { revision, files }: RemoteVersion,
    store: ModelCache,
    options: BringOptions,
  ) {
    this.folder = store.snapshot(revision);
    this.#model = model;
    this.#revision = revision;
    this.#files = new Map(files.map((file) => [file.path, file]));
    this.#store = store;
    this.#options = options;
    mkdirSync(this.folder, { recursive: true });
  }

  /** Those that the model does not have are left out. @throws ToolchainError, ObjectError */
  async all(paths: readonly string[]): Promise<void> {
    const missing: RemoteFile[] = [];
    for (const path of paths) {
      const file = this.#files.get(path);
      if (file === undefined) continue;
      if ((await findDifference(join(this.folder, path), file)) === undefined) continue;
      if (!(await this.#takeCopy(file))) missing.push(file);
    }
    if (missing.length === 0) return;
    if (this.#options.offline) throw notCached(this.#model, missing);
    this.#all += missing.reduce((sum, { bytes }) => sum + bytes, 0);
    await downloadFiles(
      missing,
      { folder: this.folder, partial: this.#store.partial },
      {
        reader: this.#model.reader(this.#revision),
        pause: this.#model.pause,
        ranges: this.#model.ranges,
        onBytes: (bytes) => this.#count(bytes),
      },
    );
    for (const { path } of missing) this.#fetched.add(path);
  }

  /** Writes down what files were whose place has no sums of them: from then on they are compared with that. */
  async keepSums(): Promise<void> {
    let added = 0;
    for (const path of this.#fetched) {
      const file = this.#files.get(path);
      if (file === undefined || file.sum !== undefined) continue;
      const { sha256 } = digestFile(join(this.folder, path));
      this.#files.set(path, { ...file, sum: { algorithm: 'sha256', value: sha256 } });
      added += 1;
    }
    if (added > 0) await this.#store.writeListing(this.#revision, [...this.#files.values()]);
  }

  /** Links a file to the same one of another version: a new card does not bring the weights again. */
  async #takeCopy(file: RemoteFile): Promise<boolean> {
    const place = join(this.folder, file.path);
    for (const copy of this.#store.findCopies(file)) {
      if (copy === place || (await findDifference(copy, file)) !== undefined) continue;
      await mkdir(dirname(place), { recursive: true });
      await rm(place, { force: true });
      await link(copy, place);
      return true;
    }
    return false;
  }

  #count(bytes: number): void {
    this.#done += bytes;
    this.#options.report(this.#done / Math.max(1, this.#all), { done: this.#done, all: this.#all });
  }
}

function notCached({ address }: RemoteModel, missing: readonly RemoteFile[]): ToolchainError {
  const names = missing.map(({ path }) => path).slice(0, 5);
  return new ToolchainError(
    'SOURCE_UNAVAILABLE',
    `The cache lacks ${names.join(', ')} of ${address}, and --offline looks nowhere else. Run the command once without --offline.`,
  );
}

/** The words for what may be tried again. */
function explain(error: unknown, { address, host }: RemoteModel): unknown {
  if (!(error instanceof ObjectError)) return error;
  const from = host === address ? '' : ` from ${host}`;
  const cached = error.transient ? ', or with --offline where it is in the cache' : '';
  return new ToolchainError(
    error.code === 'ACCESS_DENIED' ? 'SOURCE_DENIED' : 'SOURCE_UNAVAILABLE',
    `${address} cannot be fetched${from}: ${error.message.replace(/\.?$/, '.')} Run the command again to go on where it stopped${cached}.`,
    { cause: error },
  );
}
