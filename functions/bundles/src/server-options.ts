/**
 * Options that bundle the long-lived server into a folder: one file for each process and thread that it starts, and the
 * modules that they share. All files lie flat in the folder, because a module that starts a thread looks for it beside itself.
 */
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { COMMON_OPTIONS } from './common-options.ts';
import { englishOnly, noEventStreams, writtenDocument } from './plugins.ts';

/** The file that the image starts. */
export const SERVER_ENTRY = 'server.mjs';

/** Native packages, and packages that only some models need: the image has them as npm packages. */
const INSTALLED = ['onnxruntime-node', 'tokenizers', '@huggingface/transformers', 'sharp'];

const ENTRIES: Readonly<Record<string, string>> = {
  server: '../../server/server.ts',
  'health-check': '../../server/health-check.ts',
  'provider-report': '../../server/provider-report.ts',
};
const STARTED_BY_ENGINE = ['session-worker', 'provider-trial'];

/** esbuild's options for the server; `<outdir>/server.mjs` starts it. Not minified, so that a stack trace can be read. */
export function serverOptions(outdir: string): BuildOptions {
  const own = Object.entries(ENTRIES).map(([out, path]) => ({
    in: fileURLToPath(new URL(path, import.meta.url)),
    out,
  }));
  const engine = STARTED_BY_ENGINE.map((out) => ({
    in: fileURLToPath(import.meta.resolve(`@pilotlight/engine/internal/session/${out}`)),
    out,
  }));
  return {
    entryPoints: [...own, ...engine],
    ...COMMON_OPTIONS,
    outdir,
    chunkNames: '[name]-[hash]',
    external: INSTALLED,
    plugins: [englishOnly, noEventStreams, writtenDocument],
  };
}
