/** Bundles that an earlier process made of the same sources, which take seconds to make again and moments to find. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Everything of ours that a bundle is made of is in these folders; a test compares them with what esbuild reads. */
export const SOURCES = ['functions', 'layers/engine', 'model-assets/format'] as const;
/** What npm has installed, by version and checksum, and what it is to install. */
const LOCKS = ['node_modules/.package-lock.json', 'package-lock.json'];

let known: string | undefined;

/** Checksum of all sources, of what npm has installed and of the version of Node: the same one gives the same bundles. */
export function sourcesSha256(): string {
  known ??= hashSources();
  return known;
}

function hashSources(): string {
  const exclude = (name: string) => name === 'dist' || name === 'node_modules';
  const sources = SOURCES.flatMap((folder) =>
    globSync('**/*.{ts,json}', { cwd: join(ROOT, folder), exclude }).map((file) => join(folder, file)),
  );
  const locks = LOCKS.filter((file) => existsSync(join(ROOT, file)));
  const hash = createHash('sha256').update(process.version);
  for (const file of [...sources.sort(), ...locks]) {
    const content = readFileSync(join(ROOT, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

interface Made {
  /** Checksum of what it was made of. */
  readonly sources: string;
  /** Checksum of its files. */
  readonly sha256: string;
}

const recordOf = (outdir: string, name: string): string => join(outdir, `${name}.made.json`);

/** The checksum of the bundle that was made of these sources; undefined where none was, or nobody can read which. */
export function readMade(outdir: string, name: string): string | undefined {
  try {
    const { sources, sha256 }: Made = JSON.parse(readFileSync(recordOf(outdir, name), 'utf8'));
    return sources === sourcesSha256() ? sha256 : undefined;
  } catch {
    return undefined;
  }
}

export function recordMade(outdir: string, name: string, sha256: string): void {
  const record = recordOf(outdir, name);
  const unfinished = `${record}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify({ sources: sourcesSha256(), sha256 } satisfies Made));
  renameSync(unfinished, record);
}
