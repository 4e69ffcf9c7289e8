/** The keys of a registry, below its prefix. See docs/reference/registry.md. */
import { type ResolvedRef, sha256Of } from '@pilotlight/model-format';
import { REGISTRY_FOLDER } from '@pilotlight/model-format/registry';

/** The prefix of the files of a version. */
export function packagePrefix({ name, version }: ResolvedRef): string {
  return `${name}/${version}/`;
}

export function packageKey(ref: ResolvedRef, path: string): string {
  return packagePrefix(ref) + path;
}

const PUSHES = `${REGISTRY_FOLDER}/pushing/`;

/** Lies there while somebody pushes a version, so that gc finds what a push that was killed has left, and takes nothing else for that. */
export function pushMarkerKey({ name, version }: ResolvedRef): string {
  return `${PUSHES}${name}@${version}.json`;
}

/** The prefix of the markers of pushes, of one model or of all. */
export function pushMarkersPrefix(name?: string): string {
  return name === undefined ? PUSHES : `${PUSHES}${name}@`;
}

/** The package that a marker is of; nothing where the key is that of no marker. */
export function readPushMarkerKey(key: string): ResolvedRef | undefined {
  const [, name, version] = /^_registry\/pushing\/([^@/]+)@([^/]+)\.json$/.exec(key) ?? [];
  return name !== undefined && version !== undefined ? { name, version } : undefined;
}

/** The model that a record is of; nothing where the key is that of no record. */
export function readRecordKey(key: string): string | undefined {
  return /^_registry\/([^/]+)\.json$/.exec(key)?.[1];
}

export function jsonObject(content: object): { readonly bytes: Buffer; readonly sha256: string } {
  const bytes = Buffer.from(`${JSON.stringify(content)}\n`);
  return { bytes, sha256: sha256Of(bytes) };
}
