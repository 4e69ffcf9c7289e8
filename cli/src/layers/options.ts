import { join } from 'node:path';
import { PREFERENCES, type Preference } from '@pilotlight/layers/internal/models/index';
import { ARCHITECTURES, type Architecture } from '@pilotlight/layers/internal/runtime/index';
import { usageError } from '../command.ts';

const ROOT = join(import.meta.dirname, '../../..');

export const OPTIONS = {
  arch: { type: 'string', default: 'arm64' },
  models: { type: 'string' },
  prefer: { type: 'string' },
  packages: { type: 'string', default: join(ROOT, 'model-assets/packages') },
  catalog: { type: 'string', default: join(ROOT, 'model-assets/catalog.json') },
  output: { type: 'string', default: join(ROOT, 'dist/layers') },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export interface Options {
  readonly architecture: Architecture;
  /** `name` or `name@version`; undefined for those of the catalog. */
  readonly models: readonly string[] | undefined;
  readonly prefer: Preference | undefined;
  readonly packages: string;
  readonly catalog: string;
  readonly output: string;
  readonly json: boolean;
}

interface Values {
  readonly arch: string;
  readonly models?: string | undefined;
  readonly prefer?: string | undefined;
  readonly packages: string;
  readonly catalog: string;
  readonly output: string;
  readonly json: boolean;
}

/** @throws LocalError USAGE */
export function optionsOf({ arch, models, prefer, packages, catalog, output, json }: Values): Options {
  return {
    architecture: oneOf(ARCHITECTURES, arch, '--arch'),
    models: models === undefined ? undefined : listed(models),
    prefer: prefer === undefined ? undefined : oneOf(PREFERENCES, prefer, '--prefer'),
    packages,
    catalog,
    output,
    json,
  };
}

function oneOf<Choice extends string>(choices: readonly Choice[], text: string, option: string): Choice {
  const chosen = choices.find((choice) => choice === text);
  if (chosen === undefined) throw usageError(`${option} takes ${choices.join(' or ')}, not '${text}'.`);
  return chosen;
}

function listed(models: string): string[] {
  const refs = models.split(',').map((ref) => ref.trim());
  if (refs.some((ref) => ref === '')) {
    throw usageError(
      `--models takes names with commas between them, such as sentiment,intent, not '${models}'.`,
    );
  }
  return refs;
}
