/** A folder in which a package is put together before a single rename publishes it. */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode, isRunning } from '@pilotlight/model-format/internal/package/system';

const POLL_MS = 50;
/** A process that has written nothing for this long is not waited for, because its id may belong to another by now. */
const IDLE_MS = 10_000;

/** The folders that this process writes to now. */
const ACTIVE = new Set<string>();
let created = 0;

/**
 * `<packages>/.fetching/<name>@<version>.<time>.<process id>.<number>`: on the file system of the packages, under a name
 * that no package has. Processes that come later wait for those that came earlier.
 */
export class Staging {
  readonly #root: string;
  readonly #ref: string;
  readonly #own: string;

  private constructor(packages: string, ref: string) {
    created += 1;
    this.#root = join(packages, '.fetching');
    this.#ref = ref;
    this.#own = join(this.#root, `${ref}.${Date.now()}.${process.pid}.${created}`);
  }

  static async create(packages: string, ref: string): Promise<Staging> {
    const staging = new Staging(packages, ref);
    ACTIVE.add(staging.#own);
    await mkdir(staging.folder, { recursive: true });
    return staging;
  }

  /** Where the files go. */
  get folder(): string {
    return join(this.#own, 'package');
  }

  /** Removes what dead processes left, and waits for those who came earlier to end, well or not. */
  async waitForOthers(): Promise<void> {
    const names = (await readdir(this.#root)).filter((name) => name.startsWith(`${this.#ref}.`));
    const folders = names.map((name) => join(this.#root, name)).sort(byAge);
    for (const folder of folders.slice(0, folders.indexOf(this.#own))) {
      while (isAlive(folder) && (await isWrittenTo(folder))) await wait(POLL_MS);
    }
    for (const folder of folders.filter((candidate) => !isAlive(candidate))) await removeFolder(folder);
  }

  /** Makes the folder the package at `path`, in the place of one that may be there. */
  async publish(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await rename(path, join(this.#own, 'replaced')).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
    await rename(this.folder, path);
  }

  async remove(): Promise<void> {
    await removeFolder(this.#own);
    ACTIVE.delete(this.#own);
  }
}

/** Time, process id and number of the folder's name. */
function madeBy(folder: string): readonly number[] {
  return folder.split('.').slice(-3).map(Number);
}

function byAge(left: string, right: string): number {
  const others = madeBy(right);
  const differences = madeBy(left).map((value, i) => value - (others[i] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

/** Whether the process that made the folder goes on; one of our id that we do not know is an earlier process's. */
function isAlive(folder: string): boolean {
  const [, pid = 0] = madeBy(folder);
  return pid === process.pid ? ACTIVE.has(folder) : isRunning(pid);
}

async function isWrittenTo(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const times = await Promise.all(
    ['', ...entries].map((entry) =>
      stat(join(folder, entry)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times) > Date.now() - IDLE_MS;
}

function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
