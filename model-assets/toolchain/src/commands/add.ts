import {
  modelNameSchema,
  modelVersionSchema,
  TASKS,
  type TaskName,
  taskNameSchema,
} from '@pilotlight/model-format';
import type { PackageOptions } from '../options.ts';
import { DEFAULT_PACKAGES } from '../package/packages-folder.ts';
import { type PackageResult, packageModel } from '../package-model.ts';
import { silent } from '../progress.ts';
import { VARIANTS, type VariantName } from '../schemes/index.ts';
import { parseOptions, usage, wholeNumber } from '../terminal/arguments.ts';
import { type Command, EXIT } from '../terminal/command.ts';
import { terminalProgress } from '../terminal/progress.ts';
import { duration, megabytes, table } from '../terminal/table.ts';
import { runAddPipeline } from './add-pipeline.ts';

const NONE: string[] = [];

const OPTIONS = {
  name: { type: 'string' },
  task: { type: 'string' },
  version: { type: 'string', default: '1.0.0' },
  description: { type: 'string' },
  revision: { type: 'string' },
  decoding: { type: 'string' },
  variants: { type: 'string', default: 'int8' },
  'keep-fp32': { type: 'string', multiple: true, default: NONE },
  'reduce-range': { type: 'boolean', default: false },
  texts: { type: 'string' },
  'token-budget': { type: 'string' },
  evaluate: { type: 'string', multiple: true, default: NONE },
  dataset: { type: 'string', multiple: true, default: NONE },
  split: { type: 'string', multiple: true, default: NONE },
  packages: { type: 'string', default: DEFAULT_PACKAGES },
  runtime: { type: 'string' },
  dtype: { type: 'string' },
  force: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
} as const;

const HELP = `Bring a model in: a Hugging Face checkpoint or an .onnx export becomes a verified int8 package.

Usage: npm run models -- add <folder> --name NAME [options]

  --name NAME           what requests call the model (a-z 0-9 . _ -)
  --task TASK           ${TASKS.join(', ')} (default: what config.json says)
  --version VERSION     semantic version of the package (default: 1.0.0)
  --description TEXT    one line for GET /models
  --revision REV        revision of the source, for the record
  --decoding HOW        of a tagger: argmax, each token its best label, or constrained, the best
                          sequence of well-formed spans; not for labels in IOB1 (default: argmax)
  --variants LIST       of int8, fp32 and fp16, which is for GPUs; the first is served on the CPU (default: int8)
  --keep-fp32 WEIGHTS   leave these weights in fp32; repeatable
  --reduce-range        7-bit weights, for x86 processors without VNNI
  --texts FILE          inputs of the goldens: one text a line, or .jsonl with {"text", "pair"?}
  --token-budget N      padded tokens of one batch (default: measured, about 15 s a variant)
  --evaluate FILE       labelled rows to measure the quality on; repeatable, each with
  --dataset NAME          what the model card calls it, and
  --split SPLIT           train, dev or test (default: test)
  --runtime RUNTIME     transformers.js, for tasks of images and sound: see docs/models.md, with
  --dtype DTYPE           which of its graphs to take (default: q8 if there is one, else fp32)
  --packages DIR        where packages are (default: model-assets/packages)
  --force               replace this version if it exists
  --json                the result as JSON
  --quiet               no progress

Examples:
  npm run models -- add ./my-checkpoint --name reviews --task text-classification
  npm run models -- add ./ner --name ner --version 2.0.0 --evaluate test.jsonl --dataset conll2003
`;

export const add: Command = {
  summary: 'package a Hugging Face checkpoint or an .onnx export',
  help: HELP,
  async run(args, { stdout, stderr }) {
    const { values, positionals } = parseOptions(args, OPTIONS, 'add');
    if (values.runtime !== undefined || values.dtype !== undefined) {
      return runAddPipeline(commonOptions(values, positionals), values, { stdout });
    }
    const options = addOptions(values, positionals);
    const progress = values.json || values.quiet ? silent : terminalProgress(stderr);
    const start = performance.now();
    const result = await packageModel(options, progress);
    const { folder, manifest, proofs, quantised, notes } = result;
    stdout.write(
      values.json
        ? `${JSON.stringify({ folder, manifest, proofs, quantised, notes }, null, 2)}\n`
        : summary(result, performance.now() - start),
    );
    return EXIT.ok;
  },
};

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

/** What a package of any runtime is added with. */
function commonOptions(values: Values, positionals: readonly string[]) {
  const [source, more] = positionals;
  if (source === undefined) throw usage('add takes the folder of a checkpoint or of an .onnx export.', 'add');
  if (more !== undefined) throw usage(`add takes one folder, but got '${more}' too.`, 'add');
  if (values.name === undefined) throw usage('add needs --name.', 'add');
  const { description, revision } = values;
  return {
    source,
    packages: values.packages,
    name: checked(modelNameSchema, values.name, 'name'),
    version: checked(modelVersionSchema, values.version, 'version'),
    force: values.force,
    ...(description !== undefined && { description }),
    ...(revision !== undefined && { revision }),
  };
}

function addOptions(values: Values, positionals: readonly string[]): PackageOptions {
  const { texts } = values;
  const budget = values['token-budget'];
  return {
    ...commonOptions(values, positionals),
    variants: variantsOf(values.variants),
    quantise: { keep: values['keep-fp32'], reduceRange: values['reduce-range'] },
    evaluations: evaluationsOf(values),
    ...(values.task !== undefined && { task: taskOf(values.task) }),
    ...(values.decoding !== undefined && { decoding: decodingOf(values.decoding) }),
    ...(texts !== undefined && { texts }),
    ...(budget !== undefined && { tokenBudget: wholeNumber(budget, 'token-budget', 1, 'add') }),
  };
}

function checked(schema: typeof modelNameSchema, value: string, option: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usage(`--${option} '${value}' ${parsed.error.issues[0]?.message}.`, 'add');
}

function taskOf(value: string): TaskName {
  const parsed = taskNameSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usage(`--task '${value}' must be one of ${TASKS.join(', ')}.`, 'add');
}

function decodingOf(value: string): PackageOptions['decoding'] {
  if (value === 'argmax' || value === 'constrained') return value;
  throw usage(`--decoding '${value}' must be argmax or constrained.`, 'add');
}

function variantsOf(list: string): readonly VariantName[] {
  const variants = list.split(',').map((name) => {
    const variant = VARIANTS.find((known) => known === name.trim());
    if (variant === undefined) throw usage(`--variants takes ${VARIANTS.join(', ')}, not '${name}'.`, 'add');
    return variant;
  });
  return [...new Set(variants)];
}

function evaluationsOf({ evaluate, dataset, split }: Values): NonNullable<PackageOptions['evaluations']> {
  if (dataset.length !== evaluate.length) throw usage('Each --evaluate takes one --dataset.', 'add');
  if (split.length > evaluate.length) throw usage('Each --split belongs to one --evaluate.', 'add');
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
    `${manifest.name}@${manifest.version} is packaged and proven in ${duration(milliseconds)}: ${folder}`,
    '',
    table(
      [
        { title: 'variant' },
        { title: 'size', align: right },
        { title: 'token budget', align: right },
        { title: 'goldens', align: right },
        { title: 'largest error', align: right },
        { title: 'relative', align: right },
        { title: 'same label', align: right },
        { title: 'load', align: right },
      ],
      rows,
    ),
    ...manifest.quality.map(
      ({ dataset, metric, served, fp32, agreement }) =>
        `${dataset}: ${metric} ${(100 * served).toFixed(2)} % as served, ${(100 * fp32).toFixed(2)} % in fp32, agreement ${(100 * agreement).toFixed(2)} %`,
    ),
    ...(quantised ? [`int8: ${quantised.products} products, ${quantised.lookups} embeddings`] : []),
    ...notes.map((note) => `note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}
