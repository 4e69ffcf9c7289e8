import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  type EvaluationReport,
  evaluate,
  evaluationMarkdown,
  evaluationPage,
  parseGates,
  parseSide,
  readRows,
} from '@pilotlight/lifecycle';
import { ownValue, parseJson } from '@pilotlight/model-format';
import { packagesFolder } from '../clone.ts';
import { EXIT, type Terminal } from '../kit/command.ts';
import { CliError, usageError } from '../kit/errors.ts';
import { wholeNumber } from '../kit/options.ts';
import { ProgressBar } from '../kit/progress.ts';
import { timeLeft } from '../kit/table.ts';
import { evaluationText } from './eval-figures.ts';
import type { EvalLine } from './eval-options.ts';

/** Gives the exit code 1 where a gate has not passed. @throws CliError, LifecycleError, EngineError */
export async function evaluatePackage(
  { values, positionals }: EvalLine,
  { stdout, stderr }: Terminal,
): Promise<number> {
  const [model, file, more] = positionals;
  if (model === undefined || file === undefined || more !== undefined)
    throw usageError('eval takes one model and one dataset.');
  const { compare, threads, slice = [], json = false, quiet = false } = values;
  const packages = packagesFolder(values.packages);
  const gates = parseGates(values.gate ?? '');
  const options = {
    model: parseSide(model, packages),
    gates,
    slices: slice.flatMap((columns) => columns.split(',')).filter((column) => column !== ''),
    parameters: readParameters(values.parameters),
    mistakes: wholeNumber(values.mistakes, '--mistakes', 0, 10_000),
    seed: wholeNumber(values.seed, '--seed', 0),
    ...(threads !== undefined && { threads: wholeNumber(threads, '--threads', 1) }),
    ...(compare !== undefined && {
      compare: parseSide(compare, packagesFolder(values['packages-b'] ?? packages)),
    }),
  };
  const outputs = (values.out ?? []).map((file) => ({ file, write: writerFor(file) }));
  const dataset = await readRows(file, { columns: readColumns(values.columns) });
  const bar = new ProgressBar(stderr);
  const start = performance.now();
  const report = await evaluate({
    ...options,
    dataset,
    ...(!quiet && { report: (done, rows) => bar.show(done / rows, progressText(done, rows, start)) }),
  }).finally(() => bar.clear());
  for (const { file, write } of outputs) await save(file, write(report));
  stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : evaluationText(report, stdout));
  return report.gates.every(({ passed }) => passed) ? EXIT.ok : EXIT.failed;
}

/** `2,048 of 8,406 rows, 12 s left`. */
function progressText(done: number, rows: number, start: number): string {
  const count = `${done.toLocaleString('en')} of ${rows.toLocaleString('en')} rows`;
  if (done === 0) return count;
  const seconds = ((performance.now() - start) / 1_000) * (rows / done - 1);
  return `${count}, ${timeLeft(seconds)} left`;
}

function readParameters(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const json = parseJson(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw usageError(`--parameters takes a JSON object, such as {"num_beams": 4}, not ${text}.`);
}

function readColumns(text = ''): Readonly<Record<string, string>> {
  const pairs = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [field = '', column = ''] = part.split('=', 2).map((name) => name.trim());
      if (field === '' || column === '')
        throw usageError(`--columns takes pairs such as text=review,label=stars, not '${part}'.`);
      return [field, column] as const;
    });
  return Object.fromEntries(pairs);
}

/** By the end of the name of a file of `--out`. */
const WRITERS = {
  '.json': (report: EvaluationReport) => `${JSON.stringify(report, null, 1)}\n`,
  '.html': evaluationPage,
  '.md': evaluationMarkdown,
} as const;

/** @throws CliError USAGE */
function writerFor(file: string): (report: EvaluationReport) => string {
  const write = ownValue(WRITERS, extname(file));
  if (write === undefined)
    throw usageError(`--out takes a file that ends in .json, .html or .md, not ${file}.`);
  return write;
}

async function save(file: string, content: string): Promise<void> {
  await writeFile(file, content).catch((cause: unknown) => {
    throw new CliError('FILE_UNWRITABLE', `The report cannot be written to ${file}.`, { cause });
  });
}
