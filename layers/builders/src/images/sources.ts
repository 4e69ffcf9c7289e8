/** What the server loads: sources of this repository, and the npm packages that they import. */
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { buildSync } from 'esbuild';

export const ROOT = resolve(import.meta.dirname, '../../../..');

/** Where a process of the container begins: the server, what Docker and ECS ask it by, and what tells people of its GPU. */
export const ENTRIES = [
  'functions/server/server.ts',
  'functions/server/health-check.ts',
  'functions/server/provider-report.ts',
] as const;

/** Native packages, of which only the files of one platform are wanted, and what only some models ask for. */
const APART = ['onnxruntime-node', 'tokenizers', '@huggingface/transformers', 'sharp'];

/** A file that becomes a thread or a process: `new URL('./session-worker.ts', import.meta.url)`. */
const STARTED_APART = /new URL\(\s*'(\.[^']+\.ts)',\s*import\.meta\.url\s*\)/g;

export interface Loaded {
  /** Below the root of the repository, sorted. */
  readonly sources: readonly string[];
  /** Folders of packages below the root, such as `node_modules/hono`, sorted. */
  readonly packages: readonly string[];
}

/** Follows every import, those that are made on demand too, and every file that is started as a thread or a process. */
export function loadedByServer(): Loaded {
  const inputs = new Set<string>();
  for (let entries: readonly string[] = ENTRIES; entries.length > 0; ) {
    const found = inputsOf({ entryPoints: [...entries] }).filter((path) => !inputs.has(path));
    for (const path of found) inputs.add(path);
    entries = found
      .filter(isOurs)
      .flatMap(startedBy)
      .filter((path) => !inputs.has(path));
  }
  return { sources: [...inputs].filter(isOurs).sort(), packages: packagesOf([...inputs]) };
}

const isOurs = (path: string): boolean => !path.includes('node_modules/');

/** Folders of the packages that `names` need, those packages included. */
export function packagesFor(names: readonly string[]): readonly string[] {
  const contents = names.map((name) => `import '${name}';`).join('\n');
  return packagesOf(
    inputsOf({ stdin: { contents, resolveDir: ROOT } }, ['onnxruntime-node', '@img/sharp-*']),
  );
}

function inputsOf(
  entry: Pick<Parameters<typeof buildSync>[0], 'entryPoints' | 'stdin'>,
  external: readonly string[] = APART,
): string[] {
  const { metafile } = buildSync({
    ...entry,
    absWorkingDir: ROOT,
    outdir: 'dist',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: [...external],
    loader: { '.node': 'empty' },
    ignoreAnnotations: true,
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs).filter((path) => path !== '<stdin>');
}

function startedBy(source: string): string[] {
  const text = readFileSync(join(ROOT, source), 'utf8');
  return [...text.matchAll(STARTED_APART)].map(([, path = '']) =>
    relative(ROOT, resolve(ROOT, source, '..', path)),
  );
}

function packagesOf(inputs: readonly string[]): string[] {
  const folders = inputs.flatMap(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}
