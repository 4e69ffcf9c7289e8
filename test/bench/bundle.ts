import { join } from 'node:path';
import { build } from 'esbuild';
import { runtimeScripts, shortPackages } from '../../functions/bundles/src/plugins.ts';
import { WORK } from './paths.ts';

const SUBJECTS = join(import.meta.dirname, 'subjects');
export const BUNDLES = join(WORK, 'subjects');

/** What comes from the runtime layer whole, and what no function has. */
const EXTERNAL = ['tokenizers', '@huggingface/transformers', 'sharp'];

export interface Bundles {
  readonly pilotlight: string;
  readonly peer: string;
  readonly raw: string;
  readonly limit: string;
  readonly pilotlightTasks: string;
  readonly peerTasks: string;
}

/**
 * Bundles the subjects: Pilotlight as a function is deployed, in one minified CommonJS file with what is native outside; the raw
 * session and the limit so, too, but with the package of ONNX Runtime as it is installed; the peer's few lines alone, so that it imports
 * the installed package as its users do and no type is stripped at run time.
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
  const minified = { ...common, format: 'cjs', outExtension: { '.js': '.cjs' }, minify: true } as const;
  await build({
    ...minified,
    entryPoints: sources('pilotlight', 'pilotlight-tasks'),
    external: EXTERNAL,
    plugins: [runtimeScripts, shortPackages],
  });
  await build({
    ...minified,
    entryPoints: sources('raw', 'limit'),
    external: [...EXTERNAL, 'onnxruntime-node'],
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
