/** Describes the files of a model package that serving one of its variants takes, and compares them with the manifest. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import {
  type ArchiveManifest,
  type CatalogEntry,
  chooseVersion,
  corrupt,
  digestFile,
  findFault,
  type GenerationManifest,
  MANIFEST_FILE,
  type ModelRef,
  modelNameSchema,
  modelVersionSchema,
  type OnnxManifest,
  type PackageFile,
  type PackageManifest,
  parseManifest,
  type ResolvedRef,
  readCatalog,
  requireVariant,
  SERVED_SIDECARS,
  servedFiles,
  servedVariant,
  sha256Of,
  sumOfBytes,
  type TransformersJsManifest,
  type Variant,
  variantsOf,
} from '@pilotlight/model-format';
import { EngineError, PilotlightError } from '@pilotlight/model-format/errors';

export interface PackageDescription {
  readonly name: string;
  readonly version: string;
  /** The absolute path of the package. */
  readonly folder: string;
  readonly variant: string;
  /** The foreign runtime that runs the model. @default - Pilotlight's own engine */
  readonly runtime?: 'transformers.js';
  /** The files that serving the variant takes, manifest, goldens, card and signature included; sorted by path. */
  readonly files: readonly PackageFile[];
  readonly manifestSha256: string;
  /** The bytes of all `files`. */
  readonly bytes: number;
  /** The tier of the catalog, else of the variant in the manifest; a model of transformers.js has `gpu`. */
  readonly tier: CatalogEntry['tier'];
}

/** A variant of a version, or of whichever version is served. */
export type VariantRef = ModelRef & { readonly variant: string };

export interface DescribeOptions {
  /** The variant that will be served. @default - the manifest's `defaultVariant` */
  readonly variant?: string;
  /** Further variants that are served beside it, of this package or of others. One of another version is passed over. @default - there are none */
  readonly beside?: readonly VariantRef[];
  /** Whether a GPU serves it: then it has the variant that is served there, and the default one to fall back to. @default false */
  readonly gpu?: boolean;
  /** File that says where models run. @default - `catalog.json` beside the packages folder, if there is one */
  readonly catalog?: string;
}

/**
 * Finds `<packagesFolder>/<name>/<version>` and compares size and sha256 of every file that serving it takes.
 *
 * @throws EngineError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT, each in one line that names the model;
 *   PilotlightError CATALOG_INVALID
 */
export function describePackage(
  packagesFolder: string,
  wanted: ModelRef,
  options: DescribeOptions = {},
): PackageDescription {
  const ref = { name: wanted.name, version: findVersion(packagesFolder, wanted) };
  const folder = resolve(packagesFolder, ref.name, ref.version);
  const text = readInside(folder, MANIFEST_FILE, ref);
  const manifest = readManifest(text, ref);
  const served = describeServed(manifest, options);
  const manifestFile = { path: MANIFEST_FILE, bytes: text.length, sha256: sha256Of(text) };
  const listed = [...served.files, manifest.goldens, manifest.modelCard];
  for (const file of listed) requireIntact(folder, file, ref);
  const files = [manifestFile, ...listed, ...describeSidecars(folder, ref)].sort((left, right) =>
    left.path < right.path ? -1 : 1,
  );
  return {
    ...ref,
    ...served,
    folder,
    files,
    manifestSha256: manifestFile.sha256,
    bytes: sumOfBytes(files),
    tier: catalogTier(packagesFolder, options, ref) ?? served.tier,
  };
}

const REMEDY = 'Restore the package, or package the model again: pilotlight models add --help';

function findVersion(packagesFolder: string, { name, version }: ModelRef): string {
  const known = modelNameSchema.safeParse(name).success;
  const versions = known
    ? listFolders(join(packagesFolder, name)).filter((entry) => modelVersionSchema.safeParse(entry).success)
    : [];
  const found = chooseVersion(version, versions);
  if (found !== undefined) return found;
  const models = listFolders(packagesFolder).filter((entry) => modelNameSchema.safeParse(entry).success);
  const there = versions.length > 0 ? versions : models;
  const what = versions.length > 0 ? `version ${version} of model ${name}` : `model ${JSON.stringify(name)}`;
  throw new EngineError(
    'MODEL_NOT_FOUND',
    `There is no ${what} in ${packagesFolder}; there are: ${there.join(', ') || 'none'}. ` +
      'Bring one in: pilotlight models add --help',
    { details: { models } },
  );
}

/** Lists the folders in `folder`, sorted; none if `folder` does not exist. */
function listFolders(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .filter((entry) => statSync(join(folder, entry), { throwIfNoEntry: false })?.isDirectory())
    .sort();
}

/** Reads the tier that the catalog gives one version of a model; undefined if it names none, or if there is no catalog. */
function catalogTier(packagesFolder: string, { catalog }: DescribeOptions, { name, version }: ResolvedRef) {
  const beside = join(packagesFolder, '../catalog.json');
  if (catalog === undefined && !existsSync(beside)) return undefined;
  return readCatalog(catalog ?? beside).find((entry) => entry.name === name && entry.version === version)
    ?.tier;
}

function describeServed(manifest: PackageManifest, options: DescribeOptions) {
  const served = describeOne(manifest, options);
  const others = namedBeside(manifest, options).flatMap(
    (wanted) => requireVariant(manifest, variantsOf(manifest), wanted).files,
  );
  const files = new Map([...served.files, ...others].map((file) => [file.path, file]));
  return { ...served, files: [...files.values()] };
}

function namedBeside({ name, version }: ResolvedRef, { beside = [] }: DescribeOptions): string[] {
  const own = beside.filter((ref) => ref.name === name && (ref.version ?? version) === version);
  return own.map(({ variant }) => variant);
}

function describeOne(manifest: PackageManifest, options: DescribeOptions) {
  switch (manifest.runtime) {
    case 'onnx':
      return chooseServed(manifest, options);
    case 'transformers.js':
      return describeTransformersJs(manifest);
    case 'allennlp':
    case 'generation':
      return describeOnCpu(manifest, options);
  }
}

/** The CPU serves models of archives, and those that generate text, also where a GPU serves others. */
function describeOnCpu(
  manifest: ArchiveManifest | GenerationManifest,
  { variant: wanted = manifest.defaultVariant }: DescribeOptions,
) {
  const variants: Readonly<Record<string, Pick<Variant, 'tier' | 'files'>>> = manifest.variants;
  const { tier, files } = requireVariant(manifest, variants, wanted);
  return { variant: wanted, tier, files: servedFiles(manifest, { files }) };
}

/** The tier is `gpu`, because no function has transformers.js and the server's image has it. */
function describeTransformersJs({ runtime, dtype, files }: TransformersJsManifest) {
  return { runtime, variant: dtype, tier: 'gpu', files } as const;
}

function chooseServed(manifest: OnnxManifest, { variant: wanted, gpu = false }: DescribeOptions) {
  const variant = servedVariant(manifest, gpu ? 'cuda' : 'cpu', wanted);
  const { tier, files } = requireVariant(manifest, manifest.variants, variant);
  const fallback = requireVariant(manifest, manifest.variants, manifest.defaultVariant);
  const others = gpu && variant !== manifest.defaultVariant ? fallback.files : [];
  return { variant, tier, files: servedFiles(manifest, { files: [...files, ...others] }) };
}

function readManifest(text: Buffer, ref: ResolvedRef): PackageManifest {
  try {
    return parseManifest(text.toString('utf8'), ref);
  } catch (error) {
    if (!PilotlightError.is(error)) throw error;
    throw new EngineError('PACKAGE_INVALID', `${error.message} ${REMEDY}`, {
      details: error.details,
      cause: error,
    });
  }
}

function readInside(folder: string, path: string, ref: ResolvedRef): Buffer {
  return readFileSync(placeInside(folder, path, ref));
}

/** Resolves the path of a regular file, and refuses one that links lead out of the package. */
function placeInside(folder: string, path: string, ref: ResolvedRef): string {
  const file = join(folder, path);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw corrupt(ref, `${path} is missing`, { remedy: REMEDY });
  if (!realpathSync(file).startsWith(realpathSync(folder) + sep)) {
    throw corrupt(ref, `${path} is a link that leads out of the package`, { remedy: REMEDY });
  }
  return file;
}

/** The files beside the manifest that serving reads, where they are there. */
function describeSidecars(folder: string, ref: ResolvedRef): PackageFile[] {
  return SERVED_SIDECARS.filter((path) => existsSync(join(folder, path))).map((path) => ({
    path,
    ...digestFile(placeInside(folder, path, ref)),
  }));
}

function requireIntact(folder: string, file: PackageFile, ref: ResolvedRef): void {
  const fault = findFault(file, digestFile(placeInside(folder, file.path, ref)));
  if (fault !== undefined) throw corrupt(ref, fault, { remedy: REMEDY });
}
