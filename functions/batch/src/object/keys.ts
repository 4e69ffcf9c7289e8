/** The meaning of an upload's key, `in/<model>[@<version>]/<rest>`, and the place of its results. */
import { type ModelRef, parseModelRef } from '@pilotlight/engine';
import { modelNameSchema, modelVersionSchema } from '@pilotlight/model-format';
import { BatchError } from '../errors.ts';

export interface Prefixes {
  readonly input: string;
  readonly output: string;
}

/** Options of the file beside it. */
export const OPTIONS_SUFFIX = '.params.json';
export const SUMMARY = 'summary.json';
/** The version of a registry that a file is predicted with. */
export const VERSION = 'version.json';

/**
 * Whether an object is a file to predict: below the input prefix, no folder marker, no options of another file.
 * Results are not, so that they never become inputs.
 */
export function isUpload(key: string, { input, output }: Prefixes): boolean {
  return (
    key.startsWith(input) && !key.startsWith(output) && !key.endsWith('/') && !key.endsWith(OPTIONS_SUFFIX)
  );
}

/** @throws BatchError KEY_NOT_UNDERSTOOD */
export function parseUploadModel(key: string, { input }: Prefixes): ModelRef {
  const [folder = '', ...rest] = key.slice(input.length).split('/');
  const { name, version } = parseModelRef(folder);
  const isModel = modelNameSchema.safeParse(name).success;
  const isVersion = version === undefined || modelVersionSchema.safeParse(version).success;
  if (rest.length > 0 && isModel && isVersion) return version === undefined ? { name } : { name, version };
  throw new BatchError(
    'KEY_NOT_UNDERSTOOD',
    `The key must be ${input}<model>/<file> or ${input}<model>@<version>/<file>.`,
  );
}

/** The folder of results, with a slash at its end. Without a model, for the summary of a file that names none. */
export function outputFolder(
  key: string,
  { input, output }: Prefixes,
  model?: { readonly name: string; readonly version: string },
): string {
  const below = key.slice(input.length);
  if (!model) return `${output}${below}/`;
  return `${output}${model.name}@${model.version}/${below.slice(below.indexOf('/') + 1)}/`;
}

/** `part-00000.jsonl` and on. */
export const formatPartName = (number: number): string => `part-${String(number).padStart(5, '0')}.jsonl`;
