/** Where a package is put together before it becomes one, by a single rename. */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 50;
/** A process that has written nothing for so long is not waited for: it is not fetching, or its id is another's by now. */
const IDLE_MS = 10_000;

/** The folders that this process writes to now. */
const ACTIVE = new Set<string>();
let created = 0;

/**
 * `<packages>/.fetching/<name>@<version>.<process id>.<number>`: on the file system of the packages, under a name that no package
 * has. What a killed process left there is removed by the next one.
 */
export class Staging {
  readonly #root: string;
  readonly #prefix: string;
  readonly #own: string;

  constructor(packages: string, ref: string) {
    this.#root = join(packages, '.fetching');
    this.#prefix = `${ref}.`;
    created += 1;
    this.#own = join(this.#root, `${ref}.${process.pid}.${created}`);
  }

  /** Where the files go. */
  get folder(): string {
    return join(this.#own, 'package');
  }

  /** Removes what dead processes left, and waits while a living one fetches the package; says whether one did. */
  async waitForOthers(): Promise<boolean> {
    const names = (await readdir(this.#root).catch(() => [])).filter((name) => name.startsWith(this.#prefix));
    let waited = false;
    for (const folder of names.map((name) => join(this.#root, name))) {
      while (isAlive(folder) && (await isWrittenTo(folder))) {
        waited = true;
        await wait(POLL_MS);
      }
      if (!isAlive(folder)) await rm(folder, { recursive: true, force: true });
    }
    return waited;
  }

  async create(): Promise<void> {
    ACTIVE.add(this.#own);
    await mkdir(this.folder, { recursive: true });
  }

  /** Makes the folder the package at `path`, in the place of one that may be there. */
  async publish(path: string): Promise<void> {
    await mkdir(join(path, '..'), { recursive: true });
    await rename(path, join(this.#own, 'replaced')).catch(ignoreMissing);
    await rename(this.folder, path);
  }

  async remove(): Promise<void> {
    await rm(this.#own, { recursive: true, force: true });
    ACTIVE.delete(this.#own);
  }
}

/** Whether the process that made the folder goes on; a number of ours that we do not know is an earlier process's. */
function isAlive(folder: string): boolean {
  const pid = Number(folder.split('.').at(-2));
  if (pid === process.pid) return ACTIVE.has(folder);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
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

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
