/** Finds the folder that a model is in, inside of the folder that was given. */
import { basename } from 'node:path';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import { SourceFolder } from './folder.ts';
import { refusePickles } from './pickles.ts';
import { findTransformer } from './sentence-transformers.ts';

const trainerStateSchema = z.looseObject({ best_model_checkpoint: z.string().nullish() });

export interface FoundModel<Reader> {
  readonly folder: SourceFolder;
  readonly reader: Reader;
  readonly notes: readonly string[];
}

/** Gives what reads the model in a folder; undefined where there is no model in it. */
type FindReader<Reader> = (folder: SourceFolder) => Reader | undefined;

/**
 * The folder itself where it has a model; else the one in it that modules.json of sentence-transformers names, or the only checkpoint of a
 * training. Throws SOURCE_NOT_FOUND where there is none, and SOURCE_INVALID where there are several checkpoints.
 */
export function findModel<Reader>(path: string, findReader: FindReader<Reader>): FoundModel<Reader> {
  const folder = new SourceFolder(path);
  const own = findReader(folder);
  if (own !== undefined) return { folder, reader: own, notes: [] };
  const transformer = findTransformer(folder);
  const checkpoints = listCheckpoints(folder);
  const names = transformer === undefined ? checkpoints : [transformer];
  const found = names.flatMap((name) => {
    const inner = folder.inside(name);
    const reader = findReader(inner);
    return reader === undefined ? [] : [{ folder: inner, reader, name }];
  });
  const [only, another] = found;
  if (only === undefined) throw nothingToPackage(folder, names, findReader);
  if (another !== undefined)
    throw severalCheckpoints(
      folder,
      found.map(({ name }) => name),
    );
  return { ...only, notes: transformer === undefined ? [`the model is the one in ${only.name}`] : [] };
}

/** Folders that the Trainer of transformers saves while it trains, the last first. */
function listCheckpoints(folder: SourceFolder): string[] {
  const steps = folder.list().flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? []);
  return steps.sort((one, other) => Number(other) - Number(one)).map((step) => `checkpoint-${step}`);
}

function severalCheckpoints(folder: SourceFolder, checkpoints: readonly string[]): ToolchainError {
  const [last = ''] = checkpoints;
  const state = folder.json(`${last}/trainer_state.json`, trainerStateSchema);
  const best = basename(state?.best_model_checkpoint ?? '');
  const [meant, why] = checkpoints.includes(best)
    ? [best, 'its trainer_state.json calls it the best']
    : [last, 'it is the last'];
  return new ToolchainError(
    'SOURCE_INVALID',
    `'${folder.name}' has no model of its own, and several checkpoints: ${shorten(checkpoints)}. Did you mean ${folder.name}/${meant}? ` +
      `Name one; ${why}.`,
  );
}

function nothingToPackage(
  folder: SourceFolder,
  inner: readonly string[],
  findReader: FindReader<unknown>,
): ToolchainError {
  for (const each of [folder, ...inner.map((name) => folder.inside(name))]) refusePickles(each);
  const within = folder
    .list()
    .filter(
      (name) => folder.list(name).includes('config.json') && findReader(folder.inside(name)) !== undefined,
    );
  const meant = within.map((name) => `${folder.name}/${name}`).join(' or ');
  return new ToolchainError(
    'SOURCE_NOT_FOUND',
    meant
      ? `'${folder.name}' has no model of its own. Did you mean ${meant}?`
      : `'${folder.name}' has neither model.safetensors, pytorch_model.bin nor model.onnx; it has ${shorten(folder.list()) || 'no file at all'}.`,
  );
}

function shorten(names: readonly string[]): string {
  return names.slice(0, 8).join(', ') + (names.length > 8 ? ', ...' : '');
}
