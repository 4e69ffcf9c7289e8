/** One model through the rows of a dataset. */
import type { LoadedModel } from '@pilotlight/engine';
import type { Machine } from '../compare/run/machine.ts';
import { openSide, type SideName } from '../compare/run/side.ts';
import { LifecycleError } from '../errors.ts';
import type { DatasetFile } from './dataset/read-rows.ts';
import { chooseJudge, notEvaluable } from './judges/choose.ts';
import type { Answer, Details, Example, Judge, Metrics } from './judges/judge.ts';
import type { EvaluationReport } from './report-schema.ts';

export interface JudgeModelOptions {
  readonly dataset: DatasetFile;
  /** Parameters of each call, such as `num_beams`. @default - those that the package has */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Threads of one operator. @default - one for each core */
  readonly threads?: number;
  /** Is told the names of the figures before the first row is asked, and may throw. */
  readonly begin?: (names: readonly string[]) => void;
  /** Is told how many of the rows are answered. */
  readonly report?: (done: number, rows: number) => void;
  readonly signal?: AbortSignal;
}

/** The rows of a dataset with what a model made of them. */
export interface JudgedRows {
  readonly model: EvaluationReport['model'];
  readonly machine: Machine;
  /** By which its answers were judged. */
  readonly task: string;
  readonly examples: readonly Example[];
  readonly answers: readonly Answer[];
  /** Whether the sizes of answers are tokens, and not characters. */
  readonly countsTokens: boolean;
  /** The metrics of some of the rows, by their indices. */
  measure(rows: ArrayLike<number>): Metrics;
  describe(): Details;
}

/** Rows of one call: enough for full batches, few enough for a progress bar to move. */
const ROWS_PER_CALL = 512;
/** Of a model that generates, whose rows take as long as many others. */
const TEXTS_PER_CALL = 32;

/**
 * Opens a model, reads the rows as its task has them, and asks it.
 *
 * @throws LifecycleError DATASET_INVALID with line and field, NOT_EVALUABLE; EngineError as loading and predicting
 */
export async function judgeModel(name: SideName, options: JudgeModelOptions): Promise<JudgedRows> {
  const { dataset, parameters = {}, threads, begin } = options;
  const { model, manifest, variant, checksum, machine, dispose } = await openSide(name, { threads });
  try {
    if (!isBulk(model)) throw notEvaluable(manifest.name, manifest.task);
    const { task, judge } = chooseJudge(model, parameters, dataset.rows);
    const examples = readExamples(judge, dataset, `${manifest.name} is for ${task}`);
    begin?.([...judge.measure([]).keys()]);
    const perCall = manifest.runtime === 'generation' ? TEXTS_PER_CALL : ROWS_PER_CALL;
    const answers = await askAll(judge, examples, { ...options, perCall });
    const facts = answers.map((answer) => answer.facts);
    return {
      model: { name: manifest.name, version: manifest.version, variant, manifestSha256: checksum },
      machine,
      task,
      examples,
      answers,
      countsTokens: judge.countsTokens,
      measure: (rows) => judge.measure(pick(facts, rows)),
      describe: () => judge.describe?.(facts) ?? {},
    };
  } finally {
    await dispose();
  }
}

/** The first row that is not as it must be is refused, with what rows must be. */
function readExamples(judge: Judge, { rows, path }: DatasetFile, whose: string): readonly Example[] {
  try {
    return judge.read(rows, path);
  } catch (error) {
    if (!(error instanceof LifecycleError)) throw error;
    throw new LifecycleError(error.code, `${error.message} ${whose}, and reads rows of ${judge.rows}.`, {
      cause: error.cause,
    });
  }
}

async function askAll(
  judge: Judge,
  examples: readonly Example[],
  { perCall, report, signal }: Pick<JudgeModelOptions, 'report' | 'signal'> & { readonly perCall: number },
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  report?.(0, examples.length);
  while (answers.length < examples.length) {
    signal?.throwIfAborted();
    answers.push(...(await judge.answer(examples.slice(answers.length, answers.length + perCall))));
    report?.(answers.length, examples.length);
  }
  return answers;
}

function isBulk(model: LoadedModel): model is Parameters<typeof chooseJudge>[0] {
  return 'predictEach' in model;
}

/** Without the iterator of `Array.from`, which takes half of the time of an interval. */
function pick<Item>(items: readonly Item[], places: ArrayLike<number>): Item[] {
  const picked = new Array<Item>(places.length);
  for (let place = 0; place < places.length; place++) {
    const item = items[places[place] ?? -1];
    if (item !== undefined) picked[place] = item;
  }
  return picked;
}
