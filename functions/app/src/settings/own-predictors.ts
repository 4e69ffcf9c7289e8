/** The team's own code around models of AllenNLP archives, in a module that the deployment names. */
import { isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EngineOptions } from '@pilotlight/engine';
import { PilotlightError } from '@pilotlight/model-format/errors';
import type { Config } from './config.ts';

type OwnPredictors = Pick<EngineOptions, 'archives'>;

/**
 * The default export of the module of PILOTLIGHT_PREDICTORS: a function for each model by its name. The module is part of what is deployed;
 * one that lies among the packages is refused, because nothing in a package is ever run.
 *
 * @throws PilotlightError INVALID_CONFIGURATION
 */
export async function ownPredictors({
  PILOTLIGHT_PREDICTORS: file,
  PILOTLIGHT_MODELS_DIR: packages,
}: Pick<Config, 'PILOTLIGHT_PREDICTORS' | 'PILOTLIGHT_MODELS_DIR'>): Promise<OwnPredictors> {
  if (file === undefined) return {};
  const path = resolve(file);
  const within = relative(resolve(packages), path);
  if (!within.startsWith('..') && !isAbsolute(within)) {
    throw refused(`${file} lies among the packages, in which nothing is run`);
  }
  const module: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw refused(
      `${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  });
  const archives = Object(module).default;
  if (!isRecordOfFunctions(archives)) {
    throw refused(`${file} must export default an object that has a function for each model by its name`);
  }
  return { archives };
}

function isRecordOfFunctions(value: unknown): value is NonNullable<OwnPredictors['archives']> {
  const functions = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return functions.length > 0 && functions.every((own) => typeof own === 'function');
}

function refused(reason: string, cause?: unknown): PilotlightError {
  const fault = `PILOTLIGHT_PREDICTORS: ${reason}.`;
  return new PilotlightError('INVALID_CONFIGURATION', `The environment is not valid:\n  ${fault}`, {
    details: { faults: [fault] },
    cause,
  });
}
