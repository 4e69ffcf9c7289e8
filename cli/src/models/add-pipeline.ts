/** `add --runtime transformers.js`: what of the command line such a package takes. */
import { PIPELINE_DTYPES, PIPELINE_TASKS, type PipelineTaskName } from '@pilotlight/engine';
import { type AddPipelineOptions, addPipeline } from '@pilotlight/toolchain';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { oneOf } from '../kit/options.ts';
import { megabytes } from '../kit/table.ts';

/** What says how our own runtime is served, and nothing to this one. */
const OWN_OPTIONS = ['keep-fp32', 'reduce-range', 'texts', 'token-budget', 'evaluate'] as const;

type Common = Omit<AddPipelineOptions, 'task' | 'dtype'>;

interface Values {
  readonly runtime?: string | undefined;
  readonly task?: string | undefined;
  readonly dtype?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function runAddPipeline(
  common: Common,
  values: Values & { readonly [Option in (typeof OWN_OPTIONS)[number]]?: unknown },
  { stdout }: Pick<Terminal, 'stdout'>,
): Promise<undefined> {
  if (values.runtime !== 'transformers.js') {
    throw usageError(`--runtime takes transformers.js, not '${values.runtime}'.`);
  }
  const own = OWN_OPTIONS.find((option) => isGiven(values[option]));
  if (own !== undefined) throw usageError(`--${own} is not for --runtime transformers.js.`);
  const dtype = values.dtype === undefined ? undefined : oneOf(PIPELINE_DTYPES, values.dtype, '--dtype');
  const task = taskOf(values.task);
  const result = await addPipeline({ ...common, task, ...(dtype && { dtype }) });
  const { folder, manifest, proof } = result;
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  stdout.write(
    values.json
      ? `${JSON.stringify(result, null, 2)}\n`
      : `${manifest.name}@${manifest.version} is packaged for transformers.js, ${manifest.dtype}, ${megabytes(bytes)}, ` +
          `and gave ${proof.goldens} goldens twice: ${folder}\n`,
  );
  return undefined;
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

function taskOf(wanted: string | undefined): PipelineTaskName {
  const names = Object.keys(PIPELINE_TASKS) as PipelineTaskName[];
  const task = names.find((name) => name === wanted);
  if (task !== undefined) return task;
  throw usageError(
    `--runtime transformers.js takes --task with one of ${names.join(', ')}; for other tasks leave --runtime out.`,
  );
}
