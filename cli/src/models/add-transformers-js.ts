/** `add --runtime transformers.js`: reads the options that such a package takes. */

import type { TransformersJsTaskName } from '@pilotlight/engine';
import { sumOfBytes, TRANSFORMERS_JS_DTYPES, TRANSFORMERS_JS_TASKS } from '@pilotlight/model-format';
import type { TransformersJsOptions } from '@pilotlight/toolchain';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { chooseOne } from '../kit/options.ts';
import { megabytes } from '../kit/table.ts';

/** Options of our own runtime, which mean nothing to this one. */
const OWN_OPTIONS = [
  ...['scheme', 'keep-fp32', 'reduce-range', 'texts', 'token-budget', 'evaluate'],
  ...['file', 'output', 'pooling', 'normalize', 'base'],
] as const;

type Common = Omit<TransformersJsOptions, 'task' | 'dtype'>;

interface Values {
  readonly runtime?: string | undefined;
  readonly task?: string | undefined;
  readonly dtype?: string | undefined;
  readonly json?: boolean | undefined;
}

type OwnValues = Values & { readonly [Option in (typeof OWN_OPTIONS)[number]]?: unknown };

export async function addTransformersJs(
  common: Common,
  values: OwnValues,
  { stdout }: Pick<Terminal, 'stdout'>,
): Promise<undefined> {
  const { task, dtype } = parseValues(values);
  const { packageTransformersJs } = await import(
    '@pilotlight/toolchain/internal/transformers-js/package-model'
  );
  const result = await packageTransformersJs({ ...common, task, ...(dtype && { dtype }) });
  const { folder, manifest, proof } = result;
  const bytes = sumOfBytes(manifest.files);
  stdout.write(
    values.json
      ? `${JSON.stringify(result, null, 2)}\n`
      : `${manifest.name}@${manifest.version} is packaged for transformers.js, ${manifest.dtype}, ${megabytes(bytes)}, ` +
          `and gave ${proof.goldens} goldens twice: ${folder}\n`,
  );
  return undefined;
}

/** The files that the runtime reads; undefined where it is not asked for. @throws CliError USAGE */
export function wantedByTransformersJs(values: OwnValues) {
  if (values.runtime === undefined && values.dtype === undefined) return undefined;
  return { for: 'transformers.js', ...parseValues(values) } as const;
}

/** @throws CliError USAGE */
function parseValues(values: OwnValues) {
  if (values.runtime !== 'transformers.js') {
    throw usageError(`--runtime takes transformers.js, not '${values.runtime}'.`);
  }
  const own = OWN_OPTIONS.find((option) => isGiven(values[option]));
  if (own !== undefined) throw usageError(`--${own} is not for --runtime transformers.js.`);
  const dtype =
    values.dtype === undefined ? undefined : chooseOne(TRANSFORMERS_JS_DTYPES, values.dtype, '--dtype');
  return { task: parseTask(values.task), dtype };
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

function parseTask(wanted: string | undefined): TransformersJsTaskName {
  const names = Object.keys(TRANSFORMERS_JS_TASKS) as TransformersJsTaskName[];
  const task = names.find((name) => name === wanted);
  if (task !== undefined) return task;
  throw usageError(
    `--runtime transformers.js takes --task with one of ${names.join(', ')}; for other tasks leave --runtime out.`,
  );
}
