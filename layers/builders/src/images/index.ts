/**
 * The build context of the container's image: the server's sources, the npm packages that they import, models, and the
 * Dockerfile. Made without Docker, out of what is installed. ADR-image.md has the reasons.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileOf } from '../archive/files.ts';
import { type FolderEntry, writeFolder } from '../archive/folder.ts';
import { type PackageDescription, packageFiles } from '../models/index.ts';
import { cudaProvider } from './cuda-provider.ts';
import { filesOf, nativeModules, transformersModules } from './modules.ts';
import { loadedByServer, ROOT } from './sources.ts';

export { buildFunctionContext, type FunctionContextOptions } from './function-context.ts';
export { ENTRIES } from './sources.ts';

export interface ServerContextOptions {
  /** Models that the image has; described with `gpu`. */
  readonly packages: readonly PackageDescription[];
  /** Folder that the context is written below. */
  readonly outdir: string;
}

export interface ServerContext {
  /** To be given to `docker build`; named after its content. */
  readonly folder: string;
  /** What the image gets of it, in bytes: models, and all else. */
  readonly modelBytes: number;
  readonly serverBytes: number;
}

/**
 * Writes the context, or finds it there from before.
 *
 * @throws LayerError IMAGE_INPUT_MISSING, NATIVE_PACKAGE_MISSING
 */
export function buildServerContext({ packages, outdir }: ServerContextOptions): ServerContext {
  const server = serverEntriesOnce(packages.some(({ runtime }) => runtime === 'transformers.js'));
  const models = packages.flatMap(packageFiles);
  const folder = writeFolder('container', [...server, ...models, ...buildEntries()], outdir);
  const modelBytes = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  const serverBytes = server.reduce((sum, entry) => sum + ('bytes' in entry ? entry.bytes : 0), 0);
  return { folder, modelBytes, serverBytes };
}

const servers = new Map<boolean, FolderEntry[]>();

/** Sources and packages are read and compared once for each process. */
function serverEntriesOnce(withTransformers: boolean): FolderEntry[] {
  const entries = servers.get(withTransformers) ?? serverEntries(withTransformers);
  servers.set(withTransformers, entries);
  return entries;
}

/** What the server runs on, below `app/`: the places are those of this repository. */
function serverEntries(withTransformers: boolean): FolderEntry[] {
  const { sources, packages } = loadedByServer();
  const workspaces = workspacesOf(sources);
  const files = [
    ...sources.map((path) => fileOf(path, join(ROOT, path))),
    ...workspaces.map(({ folder }) => fileOf(`${folder}/package.json`, join(ROOT, folder, 'package.json'))),
    fileOf('LICENSE', join(ROOT, 'LICENSE')),
    ...nativeModules(),
    ...filesOf(packages),
    ...(withTransformers ? transformersModules() : []),
  ];
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const manifest = JSON.stringify({ name, version, private: true, type: 'module' });
  const unique = new Map(files.map((file) => [file.path, file]));
  return [
    ...[...unique.values()].map((file) => ({ ...file, path: `app/${file.path}` })),
    { path: 'app/package.json', content: `${manifest}\n` },
    // Sources below node_modules would not have their types stripped: the links lead to where they really are.
    ...workspaces.map(({ folder, name }) => ({ path: `app/node_modules/${name}`, link: `../../${folder}` })),
  ];
}

/** The packages of this repository that `sources` lie in. */
function workspacesOf(sources: readonly string[]): { folder: string; name: string }[] {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const folders: string[] = workspaces;
  return folders
    .filter((folder) => sources.some((source) => source.startsWith(`${folder}/`)))
    .map((folder) => ({
      folder,
      name: JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')).name,
    }));
}

/** What the build itself reads; none of it gets into the image. */
function buildEntries(): FolderEntry[] {
  const dockerfile = 'functions/server/Dockerfile';
  const script = 'layers/builders/src/images/fetch-cuda-provider.ts';
  return [
    fileOf('Dockerfile', join(ROOT, dockerfile)),
    fileOf('.dockerignore', join(ROOT, `${dockerfile}.dockerignore`)),
    fileOf('build/fetch-cuda-provider.ts', join(ROOT, script)),
    { path: 'build/package.json', content: '{"type":"module"}\n' },
    { path: 'build/cuda-provider.json', content: `${JSON.stringify(cudaProvider(), null, 2)}\n` },
    ...filesOf(['node_modules/fflate']).map((file) => ({ ...file, path: `build/${file.path}` })),
  ];
}
