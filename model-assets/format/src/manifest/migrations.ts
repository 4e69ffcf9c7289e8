/** Manifests of earlier versions of the format become those of today as they are read. A later version is refused, whole. */
import { EngineError } from '../errors.ts';
import { formatModelRef, type ResolvedRef } from '../ref/model-ref.ts';
import { FORMAT_VERSION } from './common.ts';

type Json = Readonly<Record<string, unknown>>;

/** Makes of a manifest of one version one of the next. Pure: it knows nothing but the manifest. */
export type Migration = (manifest: Json) => Json;

/**
 * By the version that they begin with. There is one version so far: all that was added to it is optional, and what was taken out may still be
 * there. Whoever raises FORMAT_VERSION adds the migration from the one before, and a manifest of that to test/fixtures/manifests.
 */
export const MIGRATIONS: Readonly<Record<number, Migration>> = {};

/** A version as a release has it; anything else that stands in its place is not repeated. */
const RELEASE = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[\w.]{1,40})?$/;

/**
 * Gives the manifest in the current version of the format. What is no manifest, or says no version, is given back as it is: the schema
 * refuses it with the field.
 *
 * @throws EngineError PACKAGE_INVALID for a manifest of a later version, or of one that nothing begins with
 */
export function toCurrentFormat(
  json: unknown,
  ref: ResolvedRef,
  { current = FORMAT_VERSION, migrations = MIGRATIONS } = {},
): unknown {
  if (!isRecord(json) || !Number.isInteger(json.formatVersion)) return json;
  let manifest: Json = json;
  const made = Number(json.formatVersion);
  if (made > current) throw madeLater(json, made, current, ref);
  for (let version = made; version < current; version++) {
    const migrate = migrations[version];
    if (migrate === undefined) {
      throw invalid(
        ref,
        `its manifest has format ${made}, which never was; this Pilotlight reads 1 to ${current}`,
      );
    }
    manifest = { ...migrate(manifest), formatVersion: version + 1 };
  }
  return manifest;
}

function madeLater({ toolchain }: Json, made: number, current: number, ref: ResolvedRef): EngineError {
  const release = isRecord(toolchain) ? toolchain.pilotlight : undefined;
  const least = typeof release === 'string' && RELEASE.test(release) ? `, at least ${release}` : '';
  return invalid(
    ref,
    `it was made by a later Pilotlight${least}: its format is ${made}, and this one reads up to ${current}. Update first`,
  );
}

function invalid({ name, version }: ResolvedRef, reason: string): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    `Model ${formatModelRef({ name, version })} is refused: ${reason}.`,
    { details: { model: name, version } },
  );
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
