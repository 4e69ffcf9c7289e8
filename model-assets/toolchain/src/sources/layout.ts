/** Finds the folder that a model is in, inside of the folder that was given. */
import { basename } from 'node:path';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import { SourceFolder } from './folder.ts';
import { refusePickles } from './pickles.ts';
import { findTransformer } from './sentence-transformers.ts';

const trainerStateSchema = z.looseObject({ best_model_checkpoint: z.string().nullish() });

export interface FoundModel {
  readonly folder: SourceFolder;
  readonly notes: readonly string[];
}

/**
 * The folder itself where `isModel` says so; else the one in it that modules.json of sentence-transformers names, or the only
 * checkpoint of a training. Throws SOURCE_NOT_FOUND where there is none, and SOURCE_INVALID where there are several checkpoints.
 */
export function findModel(path: string, isModel: (folder: SourceFolder) => boolean): FoundModel {
  const folder = new SourceFolder(path);
  if (isModel(folder)) return { folder, notes: [] };
  const transformer = findTransformer(folder);
  if (transformer !== undefined) return { folder: folder.inside(transformer), notes: [] };
  const checkpoints = listCheckpoints(folder);
  const [last, another] = checkpoints;
  if (last === undefined) throw nothingToPackage(folder, isModel);
  if (another !== undefined) throw severalCheckpoints(folder, checkpoints);
  return { folder: folder.inside(last), notes: [`the model is the one in ${last}`] };
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

function nothingToPackage(folder: SourceFolder, isModel: (folder: SourceFolder) => boolean): ToolchainError {
  refusePickles(folder);
  const within = folder
    .list()
    .filter(
      (name) =>
        folder.list(name).includes('config.json') && isModel(new SourceFolder(`${folder.path}/${name}`)),
    );
  if (within.length > 0) {
    return new ToolchainError(
      'SOURCE_NOT_FOUND',
      `'${folder.name}' has no model of its own. Did you mean ${within.map((name) => `${folder.name}/${name}`).join(' or ')}?`,
    );
  }
  return new ToolchainError(
    'SOURCE_NOT_FOUND',
    `'${folder.name}' has neither model.safetensors nor model.onnx; it has ${shorten(folder.list()) || 'no file at all'}.`,
  );
}

function shorten(names: readonly string[]): string {
  return names.slice(0, 8).join(', ') + (names.length > 8 ? ', ...' : '');
}
