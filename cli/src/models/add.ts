import {
  modelNameSchema,
  modelVersionSchema,
  TASKS,
  type TaskName,
  taskNameSchema,
} from '@pilotlight/model-format';
import {
  type PackageOptions,
  type PackageResult,
  packageModel,
  silent,
  VARIANTS,
  type VariantName,
} from '@pilotlight/toolchain';
import { folderForNewPackages } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { chooseOne, wholeNumber } from '../kit/options.ts';
import { printable } from '../kit/style.ts';
import { duration, megabytes, table } from '../kit/table.ts';
import type { AddLine } from './add-options.ts';
import { addTransformersJs } from './add-transformers-js.ts';
import { stageProgress } from './stage-progress.ts';

/** @throws CliError, ToolchainError, EngineError */
export async function add(
  { values, positionals }: AddLine,
  { stdout, stderr }: Terminal,
): Promise<undefined> {
  if (values.runtime !== undefined || values.dtype !== undefined) {
    return addTransformersJs(commonOptions(values, positionals), values, { stdout });
  }
  const options = addOptions(values, positionals);
  cleanUpOnSignal();
  const progress = values.json || values.quiet ? silent : stageProgress(stderr);
  const start = performance.now();
  const result = await packageModel(options, progress);
  const { folder, manifest, proofs, quantised, notes } = result;
  stdout.write(
    values.json
      ? `${JSON.stringify({ folder, manifest, proofs, quantised, notes }, null, 2)}\n`
      : summary(result, performance.now() - start),
  );
  return undefined;
}

/** An exit by a signal leaves unfinished files behind; an exit of our own removes them. */
function cleanUpOnSignal(): void {
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
}

type Values = AddLine['values'];

const POOLINGS = ['cls', 'mean', 'max', 'last-token', 'none'] as const;

/** Reads the options that a package of any runtime takes. */
function commonOptions(values: Values, positionals: readonly string[]) {
  const [source, more] = positionals;
  if (source === undefined) throw usageError('add takes the folder of a checkpoint, or an .onnx export.');
  if (more !== undefined) throw usageError(`add takes one folder, but got '${more}' too.`);
  if (values.name === undefined) throw usageError('add needs --name.');
  const { description, revision } = values;
  return {
    source,
    packages: folderForNewPackages(values.packages),
    name: checked(modelNameSchema, values.name, 'name'),
    version: checked(modelVersionSchema, values.version, 'version'),
    force: values.force,
    ...(description !== undefined && { description }),
    ...(revision !== undefined && { revision }),
  };
}

function addOptions(values: Values, positionals: readonly string[]): PackageOptions {
  const { texts, base, file, output } = values;
  const budget = values['token-budget'];
  return {
    ...commonOptions(values, positionals),
    variants: parseVariants(values.variants),
    quantise: { keep: values['keep-fp32'] ?? [], reduceRange: values['reduce-range'] },
    evaluations: pairEvaluations(values),
    ...(values.task !== undefined && { task: parseTask(values.task) }),
    ...(values.decoding !== undefined && { decoding: parseDecoding(values.decoding) }),
    ...(values.pooling !== undefined && { pooling: parsePooling(values.pooling) }),
    ...(values.normalize && { normalize: true }),
    ...(base !== undefined && { base }),
    ...(file !== undefined && { file }),
    ...(output !== undefined && { output }),
    ...(texts !== undefined && { texts }),
    ...(budget !== undefined && { tokenBudget: wholeNumber(budget, '--token-budget', 1) }),
  };
}

function checked(schema: typeof modelNameSchema, value: string, option: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usageError(`--${option} '${value}' ${parsed.error.issues[0]?.message}.`);
}

function parseTask(value: string): TaskName {
  const parsed = taskNameSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usageError(`--task '${value}' must be one of ${TASKS.join(', ')}.`);
}

function parseDecoding(value: string): PackageOptions['decoding'] {
  if (value === 'argmax' || value === 'constrained') return value;
  throw usageError(`--decoding '${value}' must be argmax or constrained.`);
}

/** Takes sentence-transformers' names too. */
function parsePooling(value: string): NonNullable<PackageOptions['pooling']> {
  return chooseOne(POOLINGS, value === 'lasttoken' ? 'last-token' : value, '--pooling');
}

function parseVariants(list: string): readonly VariantName[] {
  return [...new Set(list.split(',').map((name) => chooseOne(VARIANTS, name.trim(), '--variants')))];
}

function pairEvaluations({
  evaluate = [],
  dataset = [],
  split = [],
}: Values): NonNullable<PackageOptions['evaluations']> {
  if (dataset.length !== evaluate.length) throw usageError('Each --evaluate takes one --dataset.');
  if (split.length > evaluate.length) throw usageError('Each --split belongs to one --evaluate.');
  return evaluate.map((file, index) => ({ file, dataset: `${dataset[index]}/${split[index] ?? 'test'}` }));
}

function summary(
  { folder, manifest, proofs, quantised, notes }: PackageResult,
  milliseconds: number,
): string {
  const rows = proofs.map(({ variant, goldens, largest, relative, agreement, loadMs }) => {
    const files = manifest.variants[variant]?.files ?? [];
    return [
      variant,
      megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0)),
      `${manifest.variants[variant]?.tokenBudget}`,
      `${goldens}`,
      largest.toPrecision(2),
      `${(100 * relative).toFixed(2)} %`,
      `${(100 * agreement).toFixed(1)} %`,
      duration(loadMs),
    ];
  });
  const right = 'right' as const;
  const lines = [
    '',
    `${manifest.name}@${manifest.version} is packaged and proven in ${duration(milliseconds)}: ${printable(folder)}`,
    '',
    table(
      [
        { title: 'VARIANT' },
        { title: 'SIZE', align: right },
        { title: 'TOKEN BUDGET', align: right },
        { title: 'GOLDENS', align: right },
        { title: 'LARGEST ERROR', align: right },
        { title: 'RELATIVE', align: right },
        { title: 'SAME LABEL', align: right },
        { title: 'LOAD', align: right },
      ],
      rows,
    ),
    ...manifest.quality.map(
      ({ dataset, metric, served, fp32, agreement }) =>
        `${printable(dataset)}: ${metric} ${(100 * served).toFixed(2)} % as served, ${(100 * fp32).toFixed(2)} % in fp32, agreement ${(100 * agreement).toFixed(2)} %`,
    ),
    ...(quantised ? [`int8: ${quantised.products} products, ${quantised.lookups} embeddings`] : []),
    ...notes.map((note) => `note: ${printable(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}
