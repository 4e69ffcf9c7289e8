/**
 * Bundles a function into a folder: `index.mjs`, and in `chunks/` the modules that are imported only when they are needed,
 * such as the client of S3. Everything is inside except what is native, which the runtime layer brings.
 * `node functions/bundles/src/bundle.ts predict out/predict` writes `out/predict/index.mjs`.
 */
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { COMMON_OPTIONS } from './common-options.ts';
import { BUNDLES, type BundleName, type FunctionName } from './names.ts';
import {
  credentialsOfLambda,
  englishOnly,
  noEventStreams,
  ownExchange,
  REQUIRE,
  requireNatives,
  runtimeScripts,
  shortPackages,
  writtenDocument,
} from './plugins.ts';
import { isLongLived, LONG_LIVED, serverOptions } from './server-options.ts';

/** Only models of transformers.js ask for these packages, and no function serves them: see the engine's ADR-transformers-js.md. */
const SERVER_PACKAGES = ['@huggingface/transformers', 'sharp'];

/** The AWS SDK asks for these packages in browsers only. */
const BROWSER_PACKAGES = ['bowser'];

const INDEX = 'index.mjs';
const CHUNKS = 'chunks';
/** A function runs as another user than the one that deploys it, and a zip keeps the modes of its files. */
const READABLE_FILE = 0o644;

/**
 * esbuild's options for one function; `<outdir>/index.mjs` exports `handler`. Not minified: the
 * import takes as long either way (63 ms), and a stack trace can be read.
 */
export function bundleOptions(name: FunctionName, outdir: string): BuildOptions {
  return {
    entryPoints: [{ in: fileURLToPath(new URL(`../../${name}/handler.ts`, import.meta.url)), out: 'index' }],
    ...COMMON_OPTIONS,
    outdir,
    chunkNames: `${CHUNKS}/[name]-[hash]`,
    external: [...SERVER_PACKAGES, ...BROWSER_PACKAGES],
    plugins: [
      requireNatives,
      runtimeScripts,
      englishOnly,
      credentialsOfLambda,
      noEventStreams,
      writtenDocument,
      ...(name === 'predict' ? [ownExchange] : []),
      shortPackages,
    ],
  };
}

/**
 * Writes the bundle, and returns the path of its entry and the size of all files together. A rename puts each file in its place,
 * `index.mjs` after the files that it imports, so that other processes may build or read the same bundle meanwhile.
 */
export async function bundle(name: BundleName, outdir: string): Promise<{ file: string; bytes: number }> {
  const options = isLongLived(name) ? serverOptions(name, outdir) : bundleOptions(name, outdir);
  const { outputFiles } = await build({ ...options, write: false });
  const files = outputFiles.map(({ path, text }) => ({
    path: relative(resolve(outdir), path),
    contents: Buffer.from(withoutUnusedRequire(text)),
  }));
  const unfinished = `${outdir}.${process.pid}`;
  for (const folder of [outdir, unfinished]) await mkdir(join(folder, CHUNKS), { recursive: true });
  const entry = isLongLived(name) ? LONG_LIVED[name] : INDEX;
  const entryLast = [
    ...files.filter(({ path }) => path !== entry),
    ...files.filter(({ path }) => path === entry),
  ];
  for (const { path, contents } of entryLast) {
    await writeFile(join(unfinished, path), contents);
    await chmod(join(unfinished, path), READABLE_FILE);
    await rename(join(unfinished, path), join(outdir, path));
  }
  await rm(unfinished, { recursive: true });
  const current = new Set(files.map(({ path }) => basename(path)));
  const stale = (await readdir(join(outdir, CHUNKS))).filter((chunk) => !current.has(chunk));
  await Promise.all(stale.map((chunk) => rm(join(outdir, CHUNKS, chunk), { force: true })));
  return { file: join(outdir, entry), bytes: files.reduce((sum, { contents }) => sum + contents.length, 0) };
}

/** Most files of a bundle ask for no CommonJS package; each `require` that is made for nothing costs a cold start a moment. */
function withoutUnusedRequire(code: string): string {
  const rest = code.replace(`${REQUIRE.js}\n`, '');
  return /\brequire\b/.test(rest) ? code : rest;
}

if (import.meta.main) {
  const [name, outdir] = process.argv.slice(2);
  const known = BUNDLES.find((candidate) => candidate === name);
  if (!known || !outdir) {
    console.error(`Usage: node functions/bundles/src/bundle.ts ${BUNDLES.join('|')} <folder>`);
    process.exitCode = 1;
  } else {
    const { file, bytes } = await bundle(known, outdir);
    console.log(`${file}: ${Math.ceil(bytes / 1000)} kB`);
  }
}
