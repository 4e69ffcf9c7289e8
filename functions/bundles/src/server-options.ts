/**
 * Options that bundle the long-lived server, and the same server as a web function, into a folder: one file for each process and thread that it starts, and the
 * modules that they share. All files lie flat in the folder, because a module that starts a thread looks for it beside itself.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { COMMON_OPTIONS } from './common-options.ts';
import { englishOnly, noEventStreams, writtenDocument } from './plugins.ts';

/** The programs that serve for long, and the file that starts each: an image starts the server, Lambda the web function. */
export const LONG_LIVED = { server: 'server.mjs', web: 'index.mjs' } as const;
export type LongLived = keyof typeof LONG_LIVED;

export function isLongLived(name: string): name is LongLived {
  return Object.hasOwn(LONG_LIVED, name);
}

/** Native packages, and packages that only some models need: the image has them as npm packages. */
const INSTALLED = ['onnxruntime-node', 'tokenizers', '@huggingface/transformers', 'sharp'];

/** What each program starts beside itself: a health check that Docker calls, and what says why there is no GPU. */
const ENTRIES: Readonly<Record<LongLived, Readonly<Record<string, string>>>> = {
  server: {
    server: '../../server/server.ts',
    'health-check': '../../server/health-check.ts',
    'provider-report': '../../server/provider-report.ts',
  },
  web: { index: '../../web/web.ts' },
};
/** Modules that threads start from: those of sessions, and those of models that generate. */
const THREADS = ['session/session-worker', 'runtimes/generation/loop/decoder-worker'];

/** What the engine starts, by paths of its own; on a machine with a GPU that is the process that tries it, too. */
const STARTED_BY_ENGINE: Readonly<Record<LongLived, readonly string[]>> = {
  server: [...THREADS, 'session/provider-trial'],
  web: THREADS,
};

/** esbuild's options for a program; `<outdir>/<its entry>` starts it. Not minified, so that a stack trace can be read. */
export function serverOptions(name: LongLived, outdir: string): BuildOptions {
  const own = Object.entries(ENTRIES[name]).map(([out, path]) => ({
    in: fileURLToPath(new URL(path, import.meta.url)),
    out,
  }));
  const engine = STARTED_BY_ENGINE[name].map((path) => ({
    in: fileURLToPath(import.meta.resolve(`@pilotlight/engine/internal/${path}`)),
    out: basename(path),
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
