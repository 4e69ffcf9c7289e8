/** Chooses the files of a model that are fetched: its settings first, because they say which weights are read. */
import type { TaskName } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { isSupported } from '../../graph/architectures.ts';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from '../adapter-config.ts';
import { SourceFolder } from '../folder.ts';
import { readConfig } from '../hugging-face.ts';
import { chooseExport, listExports } from '../onnx-files.ts';
import { refusePickles } from '../pickles.ts';
import { findTransformer } from '../sentence-transformers.ts';
import { refuseLostClassifier } from '../setfit.ts';
import { findFormat, readIndex } from '../weight-files.ts';

export interface WeightsWanted {
  /** The .onnx file to take. @default - the checkpoint, or what the names of the exports say */
  readonly file?: string | undefined;
  readonly task?: TaskName | undefined;
  /** Whether the model in a folder generates text, which is packaged from its checkpoint alone. */
  readonly generates: (folder: string) => boolean;
}

export const CARD = 'README.md';
/** What MLflow says of a model. */
export const MLMODEL = 'MLmodel';
/** Settings, vocabularies, merges and models of SentencePiece, in the folder itself and in those of the modules of sentence-transformers. */
const SETTINGS = /^(?:\d+_\w+\/)?[\w.-]+\.(?:json|txt|model|spm|jinja|vocab)$/;
/** What trainings and exports leave beside them. */
const UNUSED =
  /^(?:trainer_state|training_args|all_results|\w+_results|results|eval|metrics|dataset_infos?|quantize_config|ort_config|requirements|pytorch_model\.bin\.index|[\w.-]*\.safetensors\.index)[\w.-]*\.(?:json|txt)$/;
/** Text that is larger is no setting. */
const MOST_BYTES = 128 * 2 ** 20;
const ARCHIVE = /^[\w.-]+\.(?:tar\.gz|tgz)$/;

/** The names of a model's files, asked as a folder is. */
export class Listing {
  readonly names: ReadonlySet<string>;

  constructor(files: readonly { readonly path: string }[]) {
    this.names = new Set(files.map(({ path }) => path));
  }

  readonly has = (file: string): boolean => this.names.has(file);

  /** Names in a folder, without those further below. */
  list(folder = '.'): string[] {
    const prefix = folder === '.' ? '' : `${folder}/`;
    const below = [...this.names]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
    return [...new Set(below.map((name) => name.split('/', 1)[0] ?? name))].sort();
  }
}

export interface Sized {
  readonly path: string;
  readonly bytes: number;
}

/** The only file of a model that is an archive of AllenNLP and nothing else; undefined for any other. */
export function findArchive(files: readonly Sized[]): string | undefined {
  const listing = new Listing(files);
  if (findFormat(listing) !== undefined || listing.has('config.json')) return undefined;
  const [archive, another] = files.filter(({ path }) => ARCHIVE.test(path));
  return another === undefined ? archive?.path : undefined;
}

/** The files that say what a model is, and its card. */
export function chooseSettings(files: readonly Sized[]): string[] {
  const listing = new Listing(files);
  const index = findFormat(listing)?.index;
  return files
    .filter(
      ({ path, bytes }) =>
        bytes <= MOST_BYTES &&
        (path === CARD || path === MLMODEL || path === index || (SETTINGS.test(path) && !UNUSED.test(path))),
    )
    .map(({ path }) => path);
}

/**
 * The weights that packaging will read, by the settings in `folder`: safetensors before anything else; of pickles the form alone that is read
 * without running them.
 *
 * @throws ToolchainError SOURCE_NOT_FOUND, SOURCE_UNSUPPORTED, SOURCE_INVALID before a byte of them is fetched
 */
export function chooseWeights(
  files: readonly Sized[],
  folder: SourceFolder,
  { file, task, generates }: WeightsWanted,
): string[] {
  const listing = new Listing(files);
  if (file !== undefined) return withExternalData(findExport(listing, file, folder), listing);
  if (folder.has(ADAPTER_CONFIG)) {
    const adapter = ADAPTER_WEIGHTS.find(listing.has);
    if (adapter !== undefined) return [adapter];
  }
  refuseLostClassifier(listing, task);
  const inner = findTransformer(folder);
  const prefix = inner === undefined || findFormat(listing) !== undefined ? '' : `${inner}/`;
  const model = prefix === '' ? listing : new Listing(inside(files, prefix));
  const format = findFormat(model);
  const exported = chooseExport(listExports(model));
  const home = prefix === '' ? folder : new SourceFolder(`${folder.path}/${inner}`);
  const readable = exported === undefined || generates(home.path) || isReadable(home);
  if (format !== undefined && readable) {
    if (model.has(format.file)) return [prefix + format.file];
    const shards = readIndex({ has: model.has, json: home.json.bind(home) }, format);
    return [...new Set(shards.values())].map((shard) => prefix + shard);
  }
  if (exported !== undefined) return withExternalData(prefix + exported, listing);
  refusePickles(model);
  throw new ToolchainError('SOURCE_NOT_FOUND', noWeights(folder.name, listing));
}

/** Whether a graph can be built of a checkpoint; else an export is the better of the two. */
function isReadable(folder: SourceFolder): boolean {
  return isSupported(readConfig(folder).model_type);
}

function inside(files: readonly Sized[], prefix: string): Sized[] {
  return files.flatMap(({ path, bytes }) =>
    path.startsWith(prefix) ? [{ path: path.slice(prefix.length), bytes }] : [],
  );
}

function findExport(listing: Listing, file: string, { name }: SourceFolder): string {
  const found = [file, `onnx/${file}`].find((path) => path.endsWith('.onnx') && listing.has(path));
  if (found !== undefined) return found;
  const has = listExports(listing).join(', ') || 'no .onnx file';
  throw new ToolchainError('SOURCE_NOT_FOUND', `'${name}' has no file '${file}'. It has ${has}.`);
}

/** A graph of more than 2 GB has its weights beside it: `model.onnx_data`, `model.onnx.data`, `model.onnx_data_1`. */
function withExternalData(graph: string, { names }: Listing): string[] {
  const stem = graph.replace(/\.onnx$/, '');
  const beside = [...names].filter(
    (name) =>
      name !== graph &&
      (name.startsWith(`${graph}_data`) || name.startsWith(`${graph}.data`) || name === `${stem}.data`),
  );
  return [graph, ...beside];
}

function noWeights(name: string, listing: Listing): string {
  if (listing.has('weights.th')) {
    return `'${name}' is an archive of AllenNLP that was unpacked. Pack config.json, weights.th and vocabulary/ into model.tar.gz, and add that.`;
  }
  const names = listing.list();
  const shown = names.slice(0, 8).join(', ') + (names.length > 8 ? ', ...' : '');
  return `'${name}' has neither model.safetensors, pytorch_model.bin nor model.onnx; it has ${shown || 'no file at all'}.`;
}
