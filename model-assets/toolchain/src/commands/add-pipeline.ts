/** `add --runtime transformers.js`: what of the command line such a package takes. */
import type { TransformersJsDtype, TransformersJsTaskName } from '@pilotlight/engine';
import { TRANSFORMERS_JS_DTYPES, TRANSFORMERS_JS_TASKS } from '@pilotlight/model-format';
import { type AddPipelineOptions, addPipeline } from '../pipelines/add-pipeline.ts';
import { usage } from '../terminal/arguments.ts';
import { EXIT, type Terminal } from '../terminal/command.ts';
import { megabytes } from '../terminal/table.ts';

/** What says how our own runtime is served, and nothing to this one. */
const OWN_OPTIONS = ['keep-fp32', 'reduce-range', 'texts', 'token-budget', 'evaluate'] as const;

type Common = Omit<AddPipelineOptions, 'task' | 'dtype'>;

interface Values {
  readonly runtime?: string | undefined;
  readonly task?: string | undefined;
  readonly dtype?: string | undefined;
  readonly json: boolean;
}

export async function runAddPipeline(
  common: Common,
  values: Values & { readonly [Option in (typeof OWN_OPTIONS)[number]]?: unknown },
  { stdout }: Pick<Terminal, 'stdout'>,
): Promise<number> {
  if (values.runtime !== 'transformers.js') {
    throw usage(`--runtime takes transformers.js, not '${values.runtime}'.`, 'add');
  }
  const own = OWN_OPTIONS.find((option) => isGiven(values[option]));
  if (own !== undefined) throw usage(`--${own} is not for --runtime transformers.js.`, 'add');
  const dtype = values.dtype === undefined ? undefined : dtypeOf(values.dtype);
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
  return EXIT.ok;
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

function taskOf(wanted: string | undefined): TransformersJsTaskName {
  const names = Object.keys(TRANSFORMERS_JS_TASKS) as TransformersJsTaskName[];
  const task = names.find((name) => name === wanted);
  if (task !== undefined) return task;
  throw usage(
    `--runtime transformers.js takes --task with one of ${names.join(', ')}; for other tasks leave --runtime out.`,
    'add',
  );
}

function dtypeOf(wanted: string): TransformersJsDtype {
  const dtype = TRANSFORMERS_JS_DTYPES.find((name) => name === wanted);
  if (dtype !== undefined) return dtype;
  throw usage(`--dtype takes ${TRANSFORMERS_JS_DTYPES.join(', ')}, not '${wanted}'.`, 'add');
}
