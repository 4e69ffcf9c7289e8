/** The files of npm packages that a server needs, and nothing that people read or that other platforms run. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describeFile, type LayerFile } from '../archive/files.ts';
import { runtimeFiles } from '../runtime/index.ts';
import { type InstalledPackage, installedFolder, installedWithDependencies } from './installed.ts';

const WANTED = /\.(?:js|cjs|mjs|json|wasm|node|so(?:\.\d+)*)$|(?:^|\/)(?:LICEN[CS]E|NOTICE)[^/]*$/i;
/** Declarations end in `.d.ts` and maps in `.map`, which are not wanted anyway; these look as if they were. */
const UNWANTED = /(?:^|\/)(?:tests?|__tests__|examples?|docs)\//;

/** Native packages are taken from the runtime layer; the others run in browsers, or are inside transformers.js already. */
const NOT_LOADED: ReadonlySet<string> = new Set([
  'onnxruntime-node',
  'onnxruntime-web',
  '@huggingface/jinja',
  '@huggingface/tokenizers',
]);

/** The packages of the runtime layer for x64, the only processor that CUDA's provider is built for. */
export function nativeModules(): LayerFile[] {
  return runtimeFiles('x64').map((file) => ({ ...file, path: file.path.replace(/^nodejs\//, '') }));
}

/** Lists the files of installed packages, in the places that the image has for them. */
export function listFiles(packages: readonly InstalledPackage[]): LayerFile[] {
  return packages.flatMap(({ place, folder }) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
      .filter((path) => WANTED.test(path) && !UNWANTED.test(path) && !path.startsWith('node_modules/'))
      .map((path) => describeFile(`${place}/${path}`, join(folder, path))),
  );
}

/**
 * Transformers.js and what decodes images for it; only models that it runs need them.
 *
 * @throws LayerError IMAGE_INPUT_MISSING where one is not installed, or not for Linux on x64
 */
export function transformersModules(): LayerFile[] {
  const names = ['@huggingface/transformers', 'sharp'];
  const sharp = installedFolder('sharp');
  const platform = ['@img/sharp-linux-x64', '@img/sharp-libvips-linux-x64'].map((name) => ({
    place: `node_modules/${name}`,
    folder: installedFolder(name, join(sharp, 'package.json')),
  }));
  const common = {
    place: 'node_modules/onnxruntime-common',
    folder: installedFolder('onnxruntime-common', join(installedFolder('onnxruntime-node'), 'package.json')),
  };
  return listFiles([...installedWithDependencies(names, NOT_LOADED), common, ...platform]);
}
