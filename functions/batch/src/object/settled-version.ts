/** The one version that all of a file is predicted with: settled when its first part begins, kept beside the results for whoever goes on. */
import { type BulkModel, type ModelRef, PilotlightError } from '@pilotlight/engine';
import { modelVersionSchema, sha256Schema } from '@pilotlight/model-format';
import type { PinnedVersion } from '@pilotlight/model-format/registry';
import * as z from 'zod/mini';
import { BatchError } from '../errors.ts';
import type { Output } from './output.ts';

const versionSchema = z.strictObject({ version: modelVersionSchema, manifestSha256: sha256Schema });

/** The versions of a registry. */
export interface RegistryVersions {
  /** Whether the versions of this model are those of the registry. */
  follows(name: string): boolean;
  /** The version that is meant now; nothing where the packages of the deployment answer. @throws EngineError MODEL_NOT_FOUND, PACKAGE_UNAVAILABLE */
  meaning(ref: ModelRef): Promise<PinnedVersion | undefined>;
  /** Has a version that passed its goldens answer until the function that is returned is called. @throws EngineError MODEL_NOT_FOUND where it is gone */
  use(name: string, version: PinnedVersion): Promise<() => void>;
}

export interface ModelSource {
  readonly engine: { bulkModel(ref: ModelRef): Promise<BulkModel> };
  /** @default - versions are those of the packages that were deployed */
  readonly versions?: RegistryVersions | undefined;
}

/** Where the version of a file is written. */
export interface VersionPlace {
  readonly output: Output;
  /** The name of the object. */
  readonly name: string;
}

export interface OpenModel {
  readonly predictor: BulkModel;
  /** Lets go of the version. */
  end(): void;
}

/** Metadata of the object that holds the version, whose content is for people. */
const VERSION = 'pilotlight-version';

/**
 * The model of a file, by the version that was settled for it. Nothing is settled where no registry is followed; without a place, it is
 * the version that is meant now.
 *
 * @throws EngineError as `bulkModel` does; BatchError VERSION_GONE where the version that the file began with cannot be had any more
 */
export async function openModel(
  ref: ModelRef,
  { engine, versions }: ModelSource,
  place?: VersionPlace,
): Promise<OpenModel> {
  const settled = versions?.follows(ref.name) ? await settle(ref, versions, place) : undefined;
  if (!versions || !settled) return { predictor: await engine.bulkModel(ref), end() {} };
  const { name } = ref;
  const end = await versions.use(name, settled).catch((error: unknown) => {
    throw PilotlightError.is(error) && error.code === 'MODEL_NOT_FOUND' ? gone(name, settled, error) : error;
  });
  try {
    return { predictor: await engine.bulkModel({ name, version: settled.version }), end };
  } catch (error) {
    end();
    throw error;
  }
}

/** Of several at once, the first that writes decides for all. */
async function settle(
  ref: ModelRef,
  versions: RegistryVersions,
  place: VersionPlace | undefined,
): Promise<PinnedVersion | undefined> {
  if (!place) return versions.meaning(ref);
  const { output, name } = place;
  const read = async () => (await output.own(name))?.metadata[VERSION];
  let text = await read();
  if (text === undefined) {
    const meant = (await versions.meaning(ref)) ?? null;
    const wanted = meant && { version: meant.version, manifestSha256: meant.manifestSha256 };
    const body = Buffer.from(`${JSON.stringify({ model: ref.name, registry: wanted }, null, 2)}\n`);
    const metadata = { [VERSION]: JSON.stringify(wanted) };
    await output.put(name, body, 'application/json', metadata);
    text = (await read()) ?? metadata[VERSION];
  }
  return z.nullable(versionSchema).parse(JSON.parse(text ?? 'null')) ?? undefined;
}

function gone(name: string, { version }: PinnedVersion, cause: unknown): BatchError {
  return new BatchError(
    'VERSION_GONE',
    `The file was begun with ${name}@${version}, which the registry has no more. Put the file there again to have all of it predicted by the version that is meant now.`,
    { cause },
  );
}
