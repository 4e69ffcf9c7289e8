/** What of the installed packages goes into the runtime layer, and nothing else does. */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { LayerError } from '../build/errors.ts';
import { digestOf, type LayerFile } from '../build/files.ts';
import type { Architecture } from './architecture.ts';
import { architectureOfElf, ELF_HEADER_BYTES } from './elf.ts';

/** Where Lambda has its NODE_PATH: /opt/nodejs/node_modules. */
const NODE_PATH = 'nodejs/node_modules';
const ENGINE = new URL('../engine/package.json', import.meta.url);
/** ONNX Runtime's npm packages name their licence (MIT) and do not carry its text. */
const LICENCE_OF_ONNXRUNTIME = join(import.meta.dirname, 'licences/onnxruntime.txt');

interface NativePackage {
  readonly name: string;
  /** Whose dependency it is, where that is not the engine. */
  readonly of?: string;
  /** Folders of which every `.js` file is wanted. */
  readonly scripts?: readonly string[];
  readonly files: readonly string[];
  readonly binaries: (architecture: Architecture) => readonly string[];
  /** For a package that has none of its own. */
  readonly licence?: string;
}

const PACKAGES: readonly NativePackage[] = [
  {
    name: 'onnxruntime-node',
    scripts: ['dist'],
    files: ['package.json'],
    binaries: (architecture) =>
      ['libonnxruntime.so.1', 'onnxruntime_binding.node'].map(
        (file) => `bin/napi-v6/linux/${architecture}/${file}`,
      ),
    licence: LICENCE_OF_ONNXRUNTIME,
  },
  {
    name: 'onnxruntime-common',
    of: 'onnxruntime-node',
    scripts: ['dist/cjs'],
    files: ['package.json', 'dist/cjs/package.json'],
    binaries: () => [],
    licence: LICENCE_OF_ONNXRUNTIME,
  },
  {
    name: 'tokenizers',
    files: ['package.json', 'LICENSE', 'index.js'],
    binaries: (architecture) => [`tokenizers.linux-${architecture}-gnu.node`],
  },
];

/** Types alone, for which the compiler wrote a script that nothing requires. */
const NEVER_REQUIRED = new Set(['onnxruntime-common/dist/cjs/type-helper.js']);

/**
 * The files of the layer, sorted by path. `modules` is a `node_modules` folder; without it the packages are those
 * that the engine gets. Throws NATIVE_PACKAGE_MISSING and NATIVE_BINARY_WRONG.
 */
export function runtimeFiles(architecture: Architecture, modules?: string): LayerFile[] {
  return PACKAGES.flatMap((wanted) => filesOf(wanted, architecture, modules)).sort((left, right) =>
    left.path < right.path ? -1 : 1,
  );
}

function filesOf(wanted: NativePackage, architecture: Architecture, modules?: string): LayerFile[] {
  const { name, scripts = [], files, binaries, licence } = wanted;
  const folder = modules === undefined ? installed(wanted) : join(modules, name);
  const natives = binaries(architecture);
  const missing = [...scripts, ...files, ...natives].find((path) => !existsSync(join(folder, path)));
  if (missing !== undefined) throw notInstalled(name, architecture, missing);
  for (const path of natives) requireArchitecture(join(folder, path), architecture);
  const required = scripts.flatMap((script) =>
    readdirSync(join(folder, script))
      .filter((file) => file.endsWith('.js') && !NEVER_REQUIRED.has(`${name}/${script}/${file}`))
      .map((file) => `${script}/${file}`),
  );
  const own = [...required, ...files, ...natives].map((path) => layerFile(name, path, join(folder, path)));
  return licence === undefined ? own : [...own, layerFile(name, 'LICENSE', licence)];
}

function layerFile(name: string, path: string, source: string): LayerFile {
  return { path: `${NODE_PATH}/${name}/${path}`, source, ...digestOf(source) };
}

function installed({ name, of }: NativePackage): string {
  const from = of === undefined ? ENGINE : findPackageJSON(of, ENGINE);
  const manifest = from === undefined ? undefined : findPackageJSON(name, from);
  if (manifest === undefined) throw notInstalled(name);
  return dirname(manifest);
}

function notInstalled(name: string, architecture?: Architecture, path?: string): LayerError {
  const what = path === undefined ? `${name} is not installed` : `${name} has no ${path}`;
  const whatFor = architecture === undefined ? '' : ` for linux ${architecture}`;
  return new LayerError(
    'NATIVE_PACKAGE_MISSING',
    `The runtime layer${whatFor} can not be built: ${what}. Install the dependencies again: npm ci --ignore-scripts`,
  );
}

function requireArchitecture(path: string, architecture: Architecture): void {
  const header = Buffer.alloc(ELF_HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, header);
  } finally {
    closeSync(file);
  }
  const found = architectureOfElf(header);
  if (found === architecture) return;
  throw new LayerError(
    'NATIVE_BINARY_WRONG',
    `The runtime layer for linux ${architecture} can not be built: ${path} is ${found === undefined ? 'no 64-bit Linux binary for it' : `for ${found}`}. Install the dependencies again: npm ci --ignore-scripts`,
  );
}
