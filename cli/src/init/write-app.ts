/** Writes a CDK app with one model into a new folder, out of `cli/templates/app`. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describePackage } from '@pilotlight/layers/internal/models/index';
import { CliError, usageError } from '../kit/errors.ts';

const TEMPLATE = resolve(import.meta.dirname, '../../templates/app');
/** npm leaves files of these names out of what it publishes. */
const RENAMED: Readonly<Record<string, string>> = { npmrc: '.npmrc', gitignore: '.gitignore' };
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MODEL = 'sentiment';

export interface NewApp {
  /** The folder to write; its last part is the name of the app. */
  readonly folder: string;
  /** The version of `pilotlight` that the app depends on. */
  readonly version: string;
  /** Folder that the model of the app is copied from. */
  readonly packages: string;
}

/**
 * Returns the paths of the files that it wrote, relative to the folder and sorted.
 *
 * @throws CliError USAGE for a name that npm or CloudFormation refuses, FILE_UNWRITABLE for a folder that has files already
 */
export function writeApp({ folder, version, packages }: NewApp): readonly string[] {
  const target = resolve(folder);
  const name = basename(target);
  if (!NAME.test(name)) {
    throw usageError(
      `'${name}' is no name for an app: use lower-case letters, digits and single hyphens, as in my-nlp.`,
    );
  }
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new CliError('FILE_UNWRITABLE', `${target} has files already: name a new folder.`);
  }
  const values = { name, version, stack: pascalCase(name) };
  const files = readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file).slice(TEMPLATE.length + 1));
  const written = files.map((file) => {
    const path = join(dirname(file), RENAMED[basename(file)] ?? basename(file));
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), fillIn(readFileSync(join(TEMPLATE, file), 'utf8'), values));
    return path;
  });
  const model = describePackage(packages, { name: MODEL });
  const place = join('models', model.name, model.version);
  cpSync(join(packages, model.name, model.version), join(target, place), { recursive: true });
  return [...written, place].sort();
}

/** Turns `my-nlp` into `MyNlp`, the way in which the CDK names stacks. */
function pascalCase(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase());
}

function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (placeholder, key: string) => values[key] ?? placeholder);
}
