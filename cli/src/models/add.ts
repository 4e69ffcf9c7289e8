import {
  GENERATION_TASKS,
  modelNameSchema,
  modelVersionSchema,
  TASKS,
  type TaskName,
  taskNameSchema,
} from '@pilotlight/model-format';
import type { FetchedSource, PackageOptions, VariantName } from '@pilotlight/toolchain';
import { isGeneratorFolder } from '@pilotlight/toolchain/internal/generation/package/read-generator';
import { QUALITY_LEVELS } from '@pilotlight/toolchain/internal/options';
import { refuseExisting } from '@pilotlight/toolchain/internal/package/staging';
import { packageModel } from '@pilotlight/toolchain/internal/package-model';
import { silent } from '@pilotlight/toolchain/internal/progress';
import { VARIANTS } from '@pilotlight/toolchain/internal/schemes/index';
import { INT8_RUNGS } from '@pilotlight/toolchain/internal/schemes/rung';
import { isRemote } from '@pilotlight/toolchain/internal/sources/remote/index';
import { folderForNewPackages } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { chooseOne, wholeNumber } from '../kit/options.ts';
import { addArchive, isArchive } from './add-archive.ts';
import { addGenerator, isGenerationTask } from './add-generator.ts';
import type { AddLine } from './add-options.ts';
import { addSummary } from './add-summary.ts';
import { addTransformersJs, wantedByTransformersJs } from './add-transformers-js.ts';
import { fetchIfRemote } from './fetch-source.ts';
import { stageProgress } from './stage-progress.ts';

/** @throws CliError, ToolchainError, EngineError */
export async function add(line: AddLine, { stdout, stderr }: Terminal): Promise<undefined> {
  const { values, positionals, origin, base } = await fetchSources(line, stderr);
  const record = base && { baseSource: { id: base.id, revision: base.revision } };
  if (values.runtime !== undefined || values.dtype !== undefined) {
    return addTransformersJs(commonOptions(values, positionals, origin), values, { stdout });
  }
  if (isArchive(positionals[0])) {
    cleanUpOnSignal();
    const common = {
      ...commonOptions(values, positionals, origin),
      ...(origin?.card && { card: origin.card }),
      ...record,
    };
    return addArchive(common, values, { stdout, stderr });
  }
  const archiveOption = ARCHIVE_OPTIONS.find((option) => values[option] !== undefined);
  if (archiveOption !== undefined)
    throw usageError(`--${archiveOption} is for an archive of AllenNLP: model.tar.gz.`);
  const [source] = positionals;
  if (source !== undefined && isGenerationTask(values.task) && isGeneratorFolder(source)) {
    cleanUpOnSignal();
    const common = {
      ...commonOptions(values, positionals, origin),
      evaluations: pairEvaluations(values),
    };
    return addGenerator(common, values, { stdout, stderr });
  }
  const options = { ...addOptions(values), ...commonOptions(values, positionals, origin), ...record };
  cleanUpOnSignal();
  const progress = values.json || values.quiet ? silent : stageProgress(stderr);
  const start = performance.now();
  const result = await packageModel(options, progress);
  const { folder, manifest, ladders, proofs, quantised, notes } = result;
  stdout.write(
    values.json
      ? `${JSON.stringify({ folder, manifest, ladders, proofs, quantised, notes }, null, 2)}\n`
      : addSummary(result, performance.now() - start),
  );
  return undefined;
}

interface Fetched extends AddLine {
  readonly origin?: FetchedSource | undefined;
  readonly base?: FetchedSource | undefined;
}

/** The command line with folders in place of addresses, once they are fetched. @throws CliError, ToolchainError */
async function fetchSources({ values, positionals }: AddLine, stderr: Terminal['stderr']): Promise<Fetched> {
  const [source, ...more] = positionals;
  if (![source, values.base].some((name) => name !== undefined && isRemote(name)))
    return { values, positionals };
  const { packages, name, version, force } = commonOptions(values, positionals);
  // Before gigabytes are fetched for nothing.
  refuseExisting({ packages, name, version, force });
  cleanUpOnSignal();
  const progress = values.json || values.quiet ? silent : stageProgress(stderr);
  const { file, task } = values;
  const wanted = wantedByTransformersJs(values) ?? { for: 'package', file, task };
  const origin = await fetchIfRemote(source, wanted, values, progress);
  const path = origin?.path ?? source;
  const forBase = isArchive(path) ? ({ for: 'archive' } as const) : wanted;
  const base = await fetchIfRemote(values.base, forBase, { ...values, revision: undefined }, progress);
  return {
    values: {
      ...values,
      ...(base && { base: base.path }),
      ...(values.task === undefined && isTask(origin?.task) && { task: origin.task }),
    },
    positionals: path === undefined ? more : [path, ...more],
    origin,
    base,
  };
}

/** Whether a place names a task that there is. */
function isTask(name: string | undefined): name is string {
  return [...TASKS, ...GENERATION_TASKS].some((task) => task === name);
}

/** Options of archives, which mean nothing to a checkpoint. */
const ARCHIVE_OPTIONS = ['tokenization', 'predictor', 'reference'] as const;

/** An exit by a signal leaves unfinished files behind; an exit of our own removes them. */
function cleanUpOnSignal(): void {
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
}

type Values = AddLine['values'];

const RUNGS = INT8_RUNGS.map(({ scheme }) => scheme);

const POOLINGS = ['cls', 'mean', 'max', 'last-token', 'none'] as const;

/** Reads the options that a package of any runtime takes. */
function commonOptions(values: Values, positionals: readonly string[], origin?: FetchedSource) {
  const [source, more] = positionals;
  if (source === undefined)
    throw usageError('add takes the folder of a checkpoint, an .onnx export, or an archive of AllenNLP.');
  if (more !== undefined) throw usageError(`add takes one folder, but got '${more}' too.`);
  if (values.name === undefined) throw usageError('add needs --name.');
  const { description } = values;
  const revision = origin?.revision ?? values.revision;
  return {
    source,
    packages: folderForNewPackages(values.packages),
    name: checked(modelNameSchema, values.name, 'name'),
    version: checked(modelVersionSchema, values.version, 'version'),
    force: values.force,
    ...(description !== undefined && { description }),
    ...(origin !== undefined && { id: origin.id }),
    ...(revision !== undefined && { revision }),
  };
}

function addOptions(values: Values): Omit<PackageOptions, 'source' | 'packages' | 'name'> {
  const { texts, base, file, output } = values;
  const budget = values['token-budget'];
  return {
    variants: parseVariants(values.variants),
    quantise: { keep: values['keep-fp32'] ?? [], reduceRange: values['reduce-range'] },
    quality: chooseOne(QUALITY_LEVELS, values.quality, '--quality'),
    evaluations: pairEvaluations(values),
    ...(values.task !== undefined && { task: parseTask(values.task) }),
    ...(values.decoding !== undefined && { decoding: parseDecoding(values.decoding) }),
    ...(values.pooling !== undefined && { pooling: parsePooling(values.pooling) }),
    ...(values.normalize && { normalize: true }),
    ...(base !== undefined && { base }),
    ...(file !== undefined && { file }),
    ...(output !== undefined && { output }),
    ...(texts !== undefined && { texts }),
    ...(values.scheme !== undefined && { scheme: chooseOne(RUNGS, values.scheme, '--scheme') }),
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
