import { createHash } from 'node:crypto';
import { EngineError, reasonOf } from './errors.ts';
import { MANIFEST_FILE, manifestSchema } from './manifest.ts';
import { type PackageManifest, pipelineManifestSchema } from './pipeline-manifest.ts';
import type { ResolvedRef } from './refs.ts';

const checksums = new WeakMap<PackageManifest, string>();

/**
 * The sha256 of the model.json that a manifest was read from, in lower-case hexadecimal: it names those of all other
 * files, so that it stands for the whole package. Nothing for a manifest that comes from no file.
 */
export function checksumOf(manifest: PackageManifest): string | undefined {
  return checksums.get(manifest);
}

/** The manifest of `ref` from the text of its file. @throws EngineError PACKAGE_INVALID with the field at fault. */
export function parseManifest(text: string, ref: ResolvedRef): PackageManifest {
  const json = parseJson(text, ref);
  const hasRuntime = typeof json === 'object' && json !== null && 'runtime' in json;
  const parsed = (hasRuntime ? pipelineManifestSchema : manifestSchema).safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') || 'the top level';
    throw refused(ref, `its manifest is not valid at ${where}: ${reasonOf(issue)}`);
  }
  const { name, version } = parsed.data;
  if (name !== ref.name || version !== ref.version) {
    throw refused(ref, `its manifest is that of ${name}@${version}`);
  }
  checksums.set(parsed.data, createHash('sha256').update(text).digest('hex'));
  return parsed.data;
}

function parseJson(text: string, ref: ResolvedRef): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(ref, `its ${MANIFEST_FILE} is not JSON`, cause);
  }
}

export function refused({ name, version }: ResolvedRef, reason: string, cause?: unknown): EngineError {
  return new EngineError('PACKAGE_INVALID', `Model ${name}@${version} is refused: ${reason}.`, {
    details: { model: name, version },
    cause,
  });
}
