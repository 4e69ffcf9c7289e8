/** The packages of the workspace, as npm publishes them. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
export const STAGED = join(ROOT, 'dist/packages');

export type Names = Readonly<Record<string, string>>;

/** The part of a package.json that is read here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Names;
  readonly exports: Names;
  readonly bin?: Names;
  readonly dependencies: Names;
  readonly peerDependencies?: Names;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Workspace {
  /** Below the root, such as `layers/engine`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** The folder that is published. It holds nothing else. */
  readonly staged: string;
}

const readManifest = <Shape>(folder: string): Shape =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));

/** Every package of the workspace, each after those that it depends on. */
export function workspaces(): readonly Workspace[] {
  const { workspaces: folders } = readManifest<{ readonly workspaces: readonly string[] }>('.');
  return folders.map((folder) => {
    const manifest = readManifest<Manifest>(folder);
    return { folder, manifest, staged: join(STAGED, manifest.name.replace('@pilotlight/', '')) };
  });
}
