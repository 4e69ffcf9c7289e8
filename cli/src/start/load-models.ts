/** Loads models before the local service listens, and says what became of each. */
import { type Engine, type LoadedModel, type PackageEntry, PilotlightError } from '@pilotlight/engine';
import { findModel, listModels } from '../find-model.ts';
import { CliError } from '../kit/errors.ts';

export interface LocalModel {
  readonly name: string;
  readonly version: string;
  readonly manifest?: PackageEntry['manifest'];
  readonly state: 'loaded' | 'at first use' | 'refused';
  readonly predictor?: LoadedModel;
}

/**
 * Loads the models that were asked for, else each model in its highest version; one after the other, so that their
 * timings are their own.
 *
 * @throws EngineError and CliError where a model that was asked for is not there or is refused. One that was only
 * found in the folder is told to `refused`, and the others are loaded.
 */
export async function loadModels(
  engine: Engine,
  folder: string,
  asked: readonly string[],
  refused: (problem: string) => void,
): Promise<readonly LocalModel[]> {
  const entries = await listModels(engine, folder);
  const wanted = asked.length > 0 ? asked.map((ref) => findModel(ref, entries)) : highestVersions(entries);
  const models: LocalModel[] = [];
  for (const entry of entries) {
    if (entry.problem !== undefined) {
      refused(entry.problem);
      models.push({ ...entry, state: 'refused' });
    } else if (!wanted.includes(entry)) models.push({ ...entry, state: 'at first use' });
    else models.push(await load(engine, entry, asked.length > 0 ? undefined : refused));
  }
  if (models.some(({ state }) => state !== 'refused')) return models;
  throw new CliError('MODEL_REFUSED', 'Every model is refused; there is nothing to serve.');
}

async function load(
  engine: Engine,
  entry: PackageEntry,
  refused: ((problem: string) => void) | undefined,
): Promise<LocalModel> {
  const { name, version } = entry;
  try {
    return { ...entry, state: 'loaded', predictor: await engine.model({ name, version }) };
  } catch (error) {
    if (!refused || !PilotlightError.is(error)) throw error;
    refused(error.message);
    return { ...entry, state: 'refused' };
  }
}

function highestVersions(entries: readonly PackageEntry[]): PackageEntry[] {
  const usable = entries.filter(({ problem }) => problem === undefined);
  return [...new Map(usable.map((entry) => [entry.name, entry])).values()];
}
