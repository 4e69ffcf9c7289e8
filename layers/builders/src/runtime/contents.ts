/** Chooses the files of the installed packages that go into the runtime layer. */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { LayerError } from '../archive/errors.ts';
import { describeFile, type LayerFile } from '../archive/files.ts';
import type { Architecture } from './architecture.ts';
import { ELF_HEADER_BYTES, readArchitecture } from './elf.ts';

/** Lambda's NODE_PATH names this folder: /opt/nodejs/node_modules. */
const NODE_PATH = 'nodejs/node_modules';
/** Each npm package names its licence and does not carry its text; tokenizers carries that of its build template. */
const MIT_OF_ONNXRUNTIME = { LICENSE: join(import.meta.dirname, 'licences/onnxruntime.txt') };
const APACHE = { 'LICENSE-APACHE': join(import.meta.dirname, 'licences/apache-2.0.txt') };

interface NativePackage {
  readonly name: string;
  /** The package that depends on it, if this package does not itself. */
  readonly of?: string;
  /** Folders of which every `.js` file is wanted. */
  readonly scripts?: readonly string[];
  readonly files: readonly string[];
  readonly binaries: (architecture: Architecture) => readonly string[];
  /** Texts that the package lacks: name in the package, and file here. */
  readonly licences: Readonly<Record<string, string>>;
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
    licences: MIT_OF_ONNXRUNTIME,
  },
  {
    name: 'onnxruntime-common',
    of: 'onnxruntime-node',
    scripts: ['dist/cjs'],
    files: ['package.json', 'dist/cjs/package.json'],
    binaries: () => [],
    licences: MIT_OF_ONNXRUNTIME,
  },
  {
    name: 'tokenizers',
    files: ['package.json', 'LICENSE', 'index.js'],
    binaries: (architecture) => [`tokenizers.linux-${architecture}-gnu.node`],
    licences: APACHE,
  },
];

/** These files hold types alone: their scripts are empty, and no other script requires them. */
const NEVER_REQUIRED: ReadonlySet<string> = new Set([
  'onnxruntime-common/dist/cjs/tensor-utils.js',
  'onnxruntime-common/dist/cjs/type-helper.js',
]);

/**
 * The files of the layer, sorted by path. `modules` is a `node_modules` folder; without it the packages are those
 * that this package depends on, in the versions of the engine. Throws NATIVE_PACKAGE_MISSING and NATIVE_BINARY_WRONG.
 */
export function runtimeFiles(architecture: Architecture, modules?: string): LayerFile[] {
  return PACKAGES.flatMap((wanted) => listFiles(wanted, architecture, modules)).sort((left, right) =>
    left.path < right.path ? -1 : 1,
  );
}

function listFiles(wanted: NativePackage, architecture: Architecture, modules?: string): LayerFile[] {
  const { name, scripts = [], files, binaries, licences } = wanted;
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
  return [
    ...[...required, ...files, ...natives].map((path) => layerFile(name, path, join(folder, path))),
    ...Object.entries(licences).map(([path, source]) => layerFile(name, path, source)),
  ];
}

function layerFile(name: string, path: string, source: string): LayerFile {
  return describeFile(`${NODE_PATH}/${name}/${path}`, source);
}

function installed({ name, of }: NativePackage): string {
  const from = of === undefined ? import.meta.url : findPackageJSON(of, import.meta.url);
  const manifest = from === undefined ? undefined : findPackageJSON(name, from);
  if (manifest === undefined) throw notInstalled(name);
  return dirname(manifest);
}

function notInstalled(name: string, architecture?: Architecture, path?: string): LayerError {
  const what = path === undefined ? `${name} is not installed` : `${name} has no ${path}`;
  const whatFor = architecture === undefined ? '' : ` for linux ${architecture}`;
  return new LayerError(
    'NATIVE_PACKAGE_MISSING',
    `The runtime layer${whatFor} cannot be built: ${what}. Install the dependencies again: npm ci --ignore-scripts`,
  );
}

function requireArchitecture(path: string, architecture: Architecture): void {
  const found = readArchitecture(firstBytes(path, ELF_HEADER_BYTES));
  if (found === architecture) return;
  throw new LayerError(
    'NATIVE_BINARY_WRONG',
    `The runtime layer for linux ${architecture} cannot be built: ${path} is ${found === undefined ? 'no 64-bit Linux binary for it' : `for ${found}`}. Install the dependencies again: npm ci --ignore-scripts`,
  );
}

/** Reads the first bytes of a file, fewer if the file is shorter. */
function firstBytes(path: string, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
