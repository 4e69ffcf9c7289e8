/** The hub models that an archive names: a folder that the user gives, with the files of one or of several of them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isInside } from '@pilotlight/model-format/internal/package/regular-file';
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { parseJson } from '../../sources/json.ts';
import { guessHubAddress } from '../../sources/remote/hub/hub-address.ts';
import type { Params } from '../modules/module.ts';

/** The folder of a hub model: `base` itself, or the folder in it that has the name of the model. @throws ToolchainError SOURCE_INVALID */
export function findHubFolder(base: string | undefined, modelName: string): string {
  const folders = base === undefined ? [] : [...placesIn(base, modelName), base];
  const found = folders.find((folder) => isFile(join(folder, 'config.json')));
  if (found !== undefined) return found;
  const address = guessHubAddress(modelName);
  const fetch = address === undefined ? 'Name' : `Add --base ${address}, or name`;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `The archive names the hub model '${modelName}', whose tokenizer and config.json it does not hold. ${fetch} its folder with --base.`,
  );
}

/** The archive that a `from_archive` names: `base` itself, or the file of that name in it. @throws ToolchainError SOURCE_INVALID */
export function findInnerArchive(base: string | undefined, archiveFile: string): string {
  const files = base === undefined ? [] : [...placesIn(base, archiveFile), base];
  const found = files.find(isFile);
  if (found !== undefined) return found;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `The archive is 'from_archive': the parts of its model are described in another archive, '${archiveFile}'. Name that file with --base.`,
  );
}

/** A file that an archive names, in the folder that the user names; undefined where it is not there. */
export function readBaseFile(base: string | undefined, path: string): string | undefined {
  const files = base === undefined ? [] : placesIn(base, path);
  const found = files.find(isFile);
  return found === undefined ? undefined : readFileSync(found, 'utf8');
}

/** Places of a path that an archive names, in a folder that the user names: never outside of that. */
function placesIn(base: string, path: string): string[] {
  if (!existsSync(base))
    throw new ToolchainError('SOURCE_NOT_FOUND', `There is no '${base}', which --base names.`);
  return [join(base, path), join(base, basename(path))].filter((place) => isInside(base, place));
}

/** config.json of a hub model. @throws ToolchainError SOURCE_INVALID */
export function readHubConfig(base: string | undefined, modelName: string): Params {
  const bytes = readFileSync(join(findHubFolder(base, modelName), 'config.json'));
  return parseJson(bytes, `config.json of ${modelName}`, z.record(z.string(), z.unknown()));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
