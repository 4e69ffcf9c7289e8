/** The bundle of a function with a module of the team's own beside it. */
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFolder, type FunctionName } from '@pilotlight/functions';
import { sha256Of } from '@pilotlight/model-format';
import { InfraError } from '../common/errors.ts';
import { buildFolder } from '../common/paths.ts';

/** The name of the module in the folder of the function, where Lambda runs it. */
export const PREDICTORS = 'predictors.mjs';

/** The folder of a function: its bundle, and the module with code around models of archives. @throws InfraError INVALID_PROPS */
export function codeFolder(bundle: FunctionName, predictors: string | undefined): string {
  const { folder, sha256 } = bundleFolder(bundle);
  if (predictors === undefined) return folder;
  if (!existsSync(predictors)) {
    throw new InfraError('INVALID_PROPS', `packages.predictors: there is no file ${predictors}.`);
  }
  const id = sha256Of(`${sha256} ${sha256Of(readFileSync(predictors))}`).slice(0, 12);
  const made = join(buildFolder('functions'), `${bundle}-${id}`);
  if (existsSync(made)) return made;
  const unfinished = `${made}.${process.pid}`;
  cpSync(folder, unfinished, { recursive: true });
  cpSync(predictors, join(unfinished, PREDICTORS));
  try {
    renameSync(unfinished, made);
  } catch (error) {
    // Another process may have made the same folder meanwhile.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(made)) throw error;
  }
  return made;
}
