/**
 * The build context of the server's image: the bundle of the server, the native packages, models, and the Dockerfile.
 * It is made without Docker, out of what is installed. ADR-image.md has the reasons.
 */
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { describeFile, filesBelow } from '../archive/files.ts';
import { type FolderEntry, writeFolder } from '../archive/folder.ts';
import { type PackageDescription, packageFiles } from '../models/index.ts';
import { cudaProvider } from './cuda-provider.ts';
import { installedFolder } from './installed.ts';
import { listFiles, nativeModules, transformersModules } from './modules.ts';

export { buildFunctionContext, type FunctionContextOptions } from './function-context.ts';

const HERE = import.meta.dirname;

export interface ServerContextOptions {
  /** Models that the image has; described with `gpu`. */
  readonly packages: readonly PackageDescription[];
  /** Folder of the server's bundle. */
  readonly bundle: string;
  /** Folder that the context is written below. */
  readonly outdir: string;
}

export interface ServerContext {
  /** To be given to `docker build`; named after its content. */
  readonly folder: string;
  /** The bytes that the image gets of it, of models and of everything else. */
  readonly modelBytes: number;
  readonly serverBytes: number;
}

/**
 * Writes the context, or finds it there from before.
 *
 * @throws LayerError IMAGE_INPUT_MISSING, NATIVE_PACKAGE_MISSING
 */
export function buildServerContext({ packages, bundle, outdir }: ServerContextOptions): ServerContext {
  const withTransformers = packages.some(({ runtime }) => runtime === 'transformers.js');
  const server = [...filesBelow('app', bundle), ...modulesOnce(withTransformers), ...ownFiles()];
  const models = packages.flatMap(packageFiles);
  const folder = writeFolder('server', [...server, ...models, ...buildEntries()], outdir);
  const modelBytes = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  const serverBytes = server.reduce((sum, entry) => sum + ('bytes' in entry ? entry.bytes : 0), 0);
  return { folder, modelBytes, serverBytes };
}

const modules = new Map<boolean, FolderEntry[]>();

/** Reads and compares the packages once for each process. */
function modulesOnce(withTransformers: boolean): FolderEntry[] {
  const existing = modules.get(withTransformers);
  if (existing !== undefined) return existing;
  const files = [...nativeModules(), ...(withTransformers ? transformersModules() : [])];
  const unique = new Map(files.map((file) => [file.path, file]));
  const entries = [...unique.values()].map((file) => ({ ...file, path: `app/${file.path}` }));
  modules.set(withTransformers, entries);
  return entries;
}

function ownFiles(): FolderEntry[] {
  const { version } = JSON.parse(readFileSync(join(HERE, '../../package.json'), 'utf8'));
  const manifest = JSON.stringify({ name: 'pilotlight-server', version, private: true, type: 'module' });
  return [
    { path: 'app/package.json', content: `${manifest}\n` },
    describeFile('app/LICENSE', join(HERE, '../runtime/licences/apache-2.0.txt')),
  ];
}

/** The files that only the build reads; none of them gets into the image. */
function buildEntries(): FolderEntry[] {
  const extension = extname(import.meta.filename);
  return [
    describeFile('Dockerfile', join(HERE, 'server.Dockerfile')),
    describeFile('.dockerignore', join(HERE, 'server.Dockerfile.dockerignore')),
    describeFile(`build/fetch-cuda-provider${extension}`, join(HERE, `fetch-cuda-provider${extension}`)),
    { path: 'build/package.json', content: '{"type":"module"}\n' },
    { path: 'build/cuda-provider.json', content: `${JSON.stringify(cudaProvider(), null, 2)}\n` },
    ...listFiles([{ place: 'build/node_modules/fflate', folder: installedFolder('fflate') }]),
  ];
}
