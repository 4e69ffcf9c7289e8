import { EngineError } from '../errors.ts';
import { MANIFEST_FILE, type Manifest, manifestSchema } from '../manifest.ts';
import type { ResolvedRef } from '../ports.ts';

/** The manifest of `ref` from the text of its file. @throws EngineError PACKAGE_INVALID with the field at fault. */
export function parseManifest(text: string, ref: ResolvedRef): Manifest {
  const parsed = manifestSchema.safeParse(parseJson(text, ref));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') || 'the top level';
    throw refused(ref, `its manifest is not valid at ${where}: ${issue?.message ?? 'unknown reason'}`);
  }
  const { name, version } = parsed.data;
  if (name !== ref.name || version !== ref.version) {
    throw refused(ref, `its manifest is that of ${name}@${version}`);
  }
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
