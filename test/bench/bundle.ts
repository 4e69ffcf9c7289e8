import { join } from 'node:path';
import { build } from 'esbuild';
import { runtimeScripts, shortPackages } from '../../functions/bundles/src/plugins.ts';
import { WORK } from './paths.ts';

const SUBJECTS = join(import.meta.dirname, 'subjects');
export const BUNDLES = join(WORK, 'subjects');

/** What comes from the runtime layer whole, and what no function has. */
const EXTERNAL = ['tokenizers', '@huggingface/transformers', 'sharp'];

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  outdir: BUNDLES,
  logLevel: 'error',
} as const;
const MINIFIED = { ...COMMON, format: 'cjs', outExtension: { '.js': '.cjs' }, minify: true } as const;
const sources = (...names: readonly string[]) => names.map((name) => join(SUBJECTS, `${name}.ts`));

/** Bundles subjects as a function is deployed: in one minified CommonJS file each, with what is native outside. */
async function bundleFunctions(...names: readonly string[]): Promise<void> {
  await build({
    ...MINIFIED,
    entryPoints: sources(...names),
    external: EXTERNAL,
    plugins: [runtimeScripts, shortPackages],
  });
}

/** The subject that serves packages of archives. */
export async function bundleArchives(): Promise<string> {
  await bundleFunctions('pilotlight-archives');
  return join(BUNDLES, 'pilotlight-archives.cjs');
}

export interface Bundles {
  readonly pilotlight: string;
  readonly peer: string;
  readonly raw: string;
  readonly limit: string;
  readonly pilotlightTasks: string;
  readonly peerTasks: string;
}

/**
 * Bundles the subjects: Pilotlight as a function is deployed; the raw
 * session and the limit so, too, but with the package of ONNX Runtime as it is installed; the peer's few lines alone, so that it imports
 * the installed package as its users do and no type is stripped at run time.
 */
export async function bundleSubjects(): Promise<Bundles> {
  await bundleFunctions('pilotlight', 'pilotlight-tasks');
  await build({
    ...MINIFIED,
    entryPoints: sources('raw', 'limit'),
    external: [...EXTERNAL, 'onnxruntime-node'],
  });
  await build({
    ...COMMON,
    entryPoints: sources('peer', 'peer-tasks'),
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    packages: 'external',
  });
  const file = (name: string) => join(BUNDLES, name);
  return {
    pilotlight: file('pilotlight.cjs'),
    peer: file('peer.mjs'),
    raw: file('raw.cjs'),
    limit: file('limit.cjs'),
    pilotlightTasks: file('pilotlight-tasks.cjs'),
    peerTasks: file('peer-tasks.mjs'),
  };
}
