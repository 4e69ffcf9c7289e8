/**
 * The package of a Lambda web function: the bundle of the server at its top, the native packages for arm64 in `node_modules/`, and
 * models in `models/`. A web function takes no layers, so that its code brings all of it. ADR-web-package.md has the reasons.
 */
import { sumOfBytes } from '@pilotlight/model-format';
import { LayerError } from '../archive/errors.ts';
import { describeFile, filesBelow, type LayerFile, megabytes } from '../archive/files.ts';
import { type FolderEntry, writeFolder } from '../archive/folder.ts';
import { type PackageDescription, packageFiles } from '../models/index.ts';
import { runtimeFiles } from '../runtime/index.ts';

/** "The package at most 512 MB unzipped", in AWS's MB of 1,048,576 bytes. */
export const WEB_PACKAGE_LIMIT_BYTES = 512 * 1_048_576;

/** The file that the web function starts: `entryPoint` of the construct. */
export const WEB_ENTRY_POINT = 'index.mjs';

/** Lambda starts `index.js` where it is told of no entry point. */
const DEFAULT_ENTRY: readonly FolderEntry[] = [
  { path: 'index.js', content: `import './${WEB_ENTRY_POINT}';\n` },
  { path: 'package.json', content: '{"name":"pilotlight-web","private":true,"type":"module"}\n' },
];

/** The module with a team's code around models of archives, in the folder of the package: PILOTLIGHT_PREDICTORS. */
export const WEB_PREDICTORS = 'predictors.mjs';

export interface WebPackageOptions {
  /** Models that the package brings, each in the variant that it was described with. */
  readonly models: readonly PackageDescription[];
  /** Folder of the bundle `web`, with `index.mjs` at its top. */
  readonly bundle: string;
  /** Folder that the package is written below. */
  readonly outdir: string;
  /** A module with code around models of archives. @default - there is none */
  readonly predictors?: string;
  /** Folder of a runtime layer to take the native packages from, for a machine that is not Lambda's. @default - those for Linux on arm64 */
  readonly runtime?: string;
}

export interface WebPackage {
  /** Named after its content. */
  readonly folder: string;
  /** Unzipped, which is what counts against the limit. */
  readonly bytes: number;
  readonly entryPoint: typeof WEB_ENTRY_POINT;
}

/**
 * Writes the package, or finds it there from before.
 *
 * @throws LayerError NATIVE_PACKAGE_MISSING, NATIVE_BINARY_WRONG; PLACEMENT_REFUSED for a model that the engine does not run;
 *   PLACEMENT_IMPOSSIBLE above 512 MB, with the sizes
 */
export function buildWebPackage(options: WebPackageOptions): WebPackage {
  const { models, bundle, outdir, predictors, runtime } = options;
  const foreign = models.find((model) => model.runtime !== undefined);
  if (foreign) throw notHere(foreign);
  const natives = runtime === undefined ? runtimeFiles('arm64') : filesBelow('', runtime);
  const files: LayerFile[] = [
    ...filesBelow('', bundle),
    ...natives.map((file) => ({ ...file, path: file.path.replace(/^nodejs\//, '') })),
    ...models.flatMap(packageFiles),
    ...(predictors === undefined ? [] : [describeFile(WEB_PREDICTORS, predictors)]),
  ];
  const bytes = sumOfBytes(files);
  if (bytes > WEB_PACKAGE_LIMIT_BYTES) throw tooLarge(bytes, models);
  const folder = writeFolder('web', [...files, ...DEFAULT_ENTRY], outdir);
  return { folder, bytes, entryPoint: WEB_ENTRY_POINT };
}

function notHere({ name, runtime }: PackageDescription): LayerError {
  return new LayerError(
    'PLACEMENT_REFUSED',
    `Model ${name} is run by ${runtime}, which a web function does not have. The server's container has it: see docs/how-to/deploy-the-server.md.`,
    { details: { model: name } },
  );
}

function tooLarge(bytes: number, models: readonly PackageDescription[]): LayerError {
  const sizes = models.map((model) => `${model.name} ${megabytes(model.bytes)}`).join(', ');
  return new LayerError(
    'PLACEMENT_IMPOSSIBLE',
    `The package of the web function has ${megabytes(bytes)} unzipped (${sizes}), and Lambda takes ${megabytes(WEB_PACKAGE_LIMIT_BYTES)}. ` +
      'Divide the models among several web functions, serve smaller variants of them (int8), or use a function or a container.',
    { details: { bytes, limit: WEB_PACKAGE_LIMIT_BYTES } },
  );
}
