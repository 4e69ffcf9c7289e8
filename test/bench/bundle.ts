import { join } from 'node:path';
import { build } from 'esbuild';
import { WORK } from './paths.ts';

const SUBJECTS = join(import.meta.dirname, 'subjects');
export const BUNDLES = join(WORK, 'subjects');

/** The native packages, which come from the runtime layer, and what no function has. */
const EXTERNAL = ['onnxruntime-node', 'tokenizers', '@huggingface/transformers', 'sharp'];

export interface Bundles {
  readonly pilotlight: string;
  readonly peer: string;
  readonly raw: string;
  readonly limit: string;
  readonly pilotlightTasks: string;
  readonly peerTasks: string;
}

/**
 * Bundles the subjects: Pilotlight, the raw session and the limit as a function is deployed, in one minified
 * CommonJS file with the native packages outside; the peer's few lines alone, so that it imports the installed
 * package as its users do and no type is stripped at run time.
 */
export async function bundleSubjects(): Promise<Bundles> {
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node24',
    outdir: BUNDLES,
    logLevel: 'error',
  } as const;
  const sources = (...names: readonly string[]) => names.map((name) => join(SUBJECTS, `${name}.ts`));
  await build({
    ...common,
    entryPoints: sources('pilotlight', 'raw', 'limit', 'pilotlight-tasks'),
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: EXTERNAL,
    minify: true,
  });
  await build({
    ...common,
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
