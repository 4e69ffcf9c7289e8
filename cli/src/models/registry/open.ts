/** What the commands of a registry have in common: the registry, the model that is meant, who and why. */
import { RegistryBucket, whoAmI } from '@pilotlight/lifecycle/registry';
import {
  aliasNameSchema,
  modelNameSchema,
  modelVersionSchema,
  parseModelRef,
} from '@pilotlight/model-format';
import { usageError } from '../../kit/errors.ts';

/** @throws CliError USAGE, LifecycleError USAGE */
export function openRegistry(option: string | undefined): RegistryBucket {
  const address = option ?? process.env.PILOTLIGHT_REGISTRY;
  if (!address) {
    throw usageError('No registry is named: add --registry s3://BUCKET/PREFIX, or set PILOTLIGHT_REGISTRY.');
  }
  return RegistryBucket.open(address);
}

/** A model of a registry: `wanted` is a version, an alias, or nothing. */
export interface Wanted {
  readonly name: string;
  readonly wanted: string | undefined;
}

/** The one model that a command line names. @throws CliError USAGE */
export function readWanted(positionals: readonly string[], command: string): Wanted {
  const [text, more] = positionals;
  if (text === undefined || more !== undefined) {
    throw usageError(`${command} takes one model, such as sentiment@1.0.0 or sentiment@prod.`);
  }
  const { name, version: wanted } = parseModelRef(text);
  const isGood =
    modelNameSchema.safeParse(name).success &&
    (wanted === undefined ||
      modelVersionSchema.safeParse(wanted).success ||
      aliasNameSchema.safeParse(wanted).success);
  if (!isGood) throw usageError(`'${text}' is no model, such as sentiment@1.0.0 or sentiment@prod.`);
  return { name, wanted };
}

/** The one model that a command line names, without a version. @throws CliError USAGE */
export function readName(positionals: readonly string[], command: string): string {
  if (positionals.length !== 1)
    throw usageError(`${command} takes the name of one model, such as sentiment.`);
  const { name, wanted } = readWanted(positionals, command);
  if (wanted === undefined) return name;
  throw usageError(`${command} takes the name of a model, without a version: ${name}.`);
}

/** @throws CliError USAGE */
export function readAlias(text: string | undefined, option: string): string {
  if (text === undefined) throw usageError(`Say which alias: ${option} canary.`);
  if (aliasNameSchema.safeParse(text).success) return text;
  throw usageError(
    `${option} takes an alias such as prod, not '${text}': 1-32 of a-z 0-9 -, a letter first.`,
  );
}

/** Who does it, and why. @throws CliError USAGE where no reason is given */
export async function readDecision(values: {
  readonly who?: string | undefined;
  readonly because?: string | undefined;
}): Promise<{ readonly who: string; readonly because: string }> {
  const because = values.because?.trim();
  if (!because) throw usageError('Say why, for the history: --because "fewer mistakes on long texts".');
  return { who: values.who ?? (await whoAmI()), because };
}
