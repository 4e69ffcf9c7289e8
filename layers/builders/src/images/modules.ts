/** The files of npm packages that a server needs, and nothing that people read or that other platforms run. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LayerError } from '../archive/errors.ts';
import { fileOf, type LayerFile } from '../archive/files.ts';
import { runtimeFiles } from '../runtime/index.ts';
import { packagesFor, ROOT } from './sources.ts';

const WANTED = /\.(?:js|cjs|mjs|json|wasm|node|so(?:\.\d+)*)$|(?:^|\/)(?:LICEN[CS]E|NOTICE)[^/]*$/i;
/** Declarations end in `.d.ts` and maps in `.map`, which are not wanted anyway; these look as if they were. */
const UNWANTED = /(?:^|\/)(?:tests?|__tests__|examples?|docs)\//;

/** What is of the layer of functions, and of x64, the only processor that CUDA's provider is built for. */
export function nativeModules(): LayerFile[] {
  return runtimeFiles('x64').map((file) => ({ ...file, path: file.path.replace(/^nodejs\//, '') }));
}

/** Of packages as npm has installed them, in the same places. */
export function filesOf(packages: readonly string[]): LayerFile[] {
  return packages.flatMap((folder) => {
    const root = join(ROOT, folder);
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
      .filter((path) => WANTED.test(path) && !UNWANTED.test(path) && !path.startsWith('node_modules/'))
      .map((path) => fileOf(`${folder}/${path}`, join(root, path)));
  });
}

/** Of transformers.js and what decodes images for it; only models that it runs need them. */
export function transformersModules(): LayerFile[] {
  const platform = ['node_modules/@img/sharp-linux-x64', 'node_modules/@img/sharp-libvips-linux-x64'];
  const missing = platform.find((folder) => !existsSync(join(ROOT, folder)));
  if (missing !== undefined) {
    throw new LayerError(
      'IMAGE_INPUT_MISSING',
      `${missing} is not installed, which models of transformers.js need on Linux. Install it: npm ci --ignore-scripts --os linux --cpu x64`,
    );
  }
  return filesOf([...packagesFor(['@huggingface/transformers', 'sharp', 'onnxruntime-common']), ...platform]);
}
