/** Where the dynamic loader finds a library (man 8 ld.so): LD_LIBRARY_PATH, its cache, the folders that it always looks in. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { neededLibraries } from './elf-needed.ts';

const SYSTEM_FOLDERS = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'];
/** Where CUDA is installed, whether the loader looks there or not. */
const INSTALLATIONS = ['/usr/local/cuda/lib64', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'];

export interface SearchOptions {
  /** LD_LIBRARY_PATH. */
  readonly libraryPath?: string | undefined;
  /** What `ldconfig -p` prints. */
  readonly cache?: string;
  readonly systemFolders?: readonly string[];
  readonly installations?: readonly string[];
}

/** A library that nothing finds, and which one asks for it. */
export interface MissingLibrary {
  readonly name: string;
  readonly neededBy: string;
}

export class LibrarySearch {
  readonly #folders: readonly string[];
  readonly #installations: readonly string[];
  /** Paths by the name that libraries are asked for by. */
  readonly #cache: ReadonlyMap<string, string>;

  constructor({
    libraryPath = '',
    cache = '',
    systemFolders = SYSTEM_FOLDERS,
    installations = INSTALLATIONS,
  }: SearchOptions = {}) {
    this.#folders = [...libraryPath.split(':').filter((folder) => folder !== ''), ...systemFolders];
    this.#installations = installations;
    const entries = cache.matchAll(/^\s+(\S+) \(.*\) => (\S+)$/gm);
    this.#cache = new Map([...entries].map(([, name = '', path = '']) => [name, path]));
  }

  /** As it is for this process. */
  static ofThisMachine(): LibrarySearch {
    return new LibrarySearch({ libraryPath: process.env.LD_LIBRARY_PATH, cache: loaderCache() });
  }

  /** Where `name` is, looked for in `first` before anywhere else. */
  find(name: string, first?: string): string | undefined {
    const folders = first === undefined ? this.#folders : [first, ...this.#folders];
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    const cached = this.#cache.get(name);
    return found ?? (cached !== undefined && existsSync(cached) ? cached : undefined);
  }

  /**
   * The versions of `libcudart` and the like that there are, `12.6.77` or as much of it as file names say: those that the loader
   * finds, and those of installations that it may not look in.
   */
  versionsOf(library: string): readonly string[] {
    const folders = [...this.#folders, ...this.#installations].filter((folder) => existsSync(folder));
    const inFolders = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    const paths = [...inFolders, ...this.#cache.values()].filter((path) =>
      basename(path).startsWith(`${library}.so.`),
    );
    const versions = paths.flatMap((path) => {
      const real = existsSync(path) ? realpathSync(path) : path;
      return /\.so\.(\d[\d.]*)$/.exec(real)?.[1] ?? [];
    });
    return [...new Set(versions)].sort();
  }

  /** The libraries that `path` needs, those that these need included, which are nowhere. */
  missingOf(path: string): readonly MissingLibrary[] {
    const missing = new Map<string, MissingLibrary>();
    const seen = new Set<string>();
    const visit = (library: string): void => {
      seen.add(library);
      for (const name of neededLibraries(library)) {
        const found = this.find(name, dirname(library));
        if (found === undefined) missing.set(name, { name, neededBy: basename(library) });
        else if (!seen.has(found)) visit(found);
      }
    };
    visit(path);
    return [...missing.values()];
  }
}

/** Nothing where the system has no such cache. */
function loaderCache(): string {
  const PATH = `${process.env.PATH ?? ''}:/sbin:/usr/sbin`;
  try {
    return execFileSync('ldconfig', ['-p'], {
      encoding: 'utf8',
      env: { PATH },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if (error instanceof Error) return '';
    throw error;
  }
}
