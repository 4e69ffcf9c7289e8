/**
 * How a function becomes one file: everything inside but the native packages, which the runtime layer brings.
 * `node functions/bundle.ts predict out/predict` writes `out/predict/index.mjs`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** Come from the runtime layer, for they are built for one system and architecture. */
export const NATIVE_PACKAGES = ['onnxruntime-node', 'tokenizers'] as const;

export const FUNCTIONS = ['predict', 'warmer', 'authorizer'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/**
 * Lambda finds layers by NODE_PATH, of which only `require` knows, so the native packages are required from within
 * the ES module; and it must be one, because Lambda's init phase waits for a top-level await of those only.
 */
const requireNatives: Plugin = {
  name: 'require-natives',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(?:${NATIVE_PACKAGES.join('|')})$`);
    onResolve({ filter }, ({ path, namespace }) =>
      namespace === 'native' ? { path, external: true } : { path, namespace: 'native' },
    );
    onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** zod's messages come in fifty languages, of which a cold start pays for every one (8 ms); English stays. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer, resolveDir }) =>
      importer.includes('/zod/')
        ? { path: 'zod-locales', namespace: 'zod', pluginData: resolveDir }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'zod' }, ({ pluginData: resolveDir }) => ({
      contents: "export { default as en } from '../locales/en.js';",
      resolveDir,
    }));
  },
};

/**
 * esbuild's options for one function; its file is `<outdir>/index.mjs` and exports `handler`. Not minified: the
 * import takes as long either way (63 ms), and a stack trace can be read.
 */
export function bundleOptions(name: FunctionName, outdir: string): BuildOptions {
  return {
    entryPoints: [{ in: fileURLToPath(new URL(`./${name}/handler.ts`, import.meta.url)), out: 'index' }],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'none',
    conditions: ['module'],
    plugins: [requireNatives, englishOnly],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    metafile: true,
  };
}

/** Writes the bundle and gives its path and size in bytes. */
export async function bundle(name: FunctionName, outdir: string): Promise<{ file: string; bytes: number }> {
  const { metafile } = await build({ ...bundleOptions(name, outdir), metafile: true });
  const bytes = Object.entries(metafile.outputs).find(([path]) => path.endsWith('.mjs'))?.[1].bytes ?? 0;
  return { file: join(outdir, 'index.mjs'), bytes };
}

if (import.meta.main) {
  const [name, outdir] = process.argv.slice(2);
  const known = FUNCTIONS.find((candidate) => candidate === name);
  if (!known || !outdir) {
    console.error(`Usage: node functions/bundle.ts ${FUNCTIONS.join('|')} <folder>`);
    process.exitCode = 1;
  } else {
    const { file, bytes } = await bundle(known, outdir);
    console.log(`${file}: ${Math.ceil(bytes / 1000)} kB`);
  }
}
