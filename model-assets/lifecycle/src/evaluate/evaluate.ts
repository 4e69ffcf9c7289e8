/** Judges a model by a labelled dataset, alone or beside another. */
import { ENGINE_VERSION } from '@pilotlight/engine';
import type { Machine } from '../compare/run/machine.ts';
import type { SideName } from '../compare/run/side.ts';
import { compareRows, measureBoth, measuredUnder, refuseOther } from './compare-rows.ts';
import type { DatasetFile } from './dataset/read-rows.ts';
import { figuresOf, refuseUnknownFigures } from './figures.ts';
import { type Gate, judgeGates } from './gates.ts';
import { type JudgedRows, judgeModel } from './judge-model.ts';
import { bootstrapIntervals } from './metrics/bootstrap.ts';
import { worstMistakes } from './mistakes.ts';
import type { EvaluationReport } from './report-schema.ts';
import { sliceByColumn, sliceByLength } from './slices.ts';

export interface EvaluateOptions {
  /** The package, and its variant. `parseSide` makes it of `sentiment@1.0.1:int8`. */
  readonly model: SideName;
  readonly dataset: DatasetFile;
  /** The model that was there before. @default - the model is judged alone */
  readonly compare?: SideName;
  /** Parameters of each call, such as `num_beams`. @default - those that the package has */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Columns whose values are judged apart. @default - none; lengths always are */
  readonly slices?: readonly string[];
  /** @default - none */
  readonly gates?: readonly Gate[];
  /** Mistakes to keep in the report. @default 50 */
  readonly mistakes?: number;
  /** Of the draws that intervals come from. @default 0 */
  readonly seed?: number;
  /** Threads of one operator. @default - one for each core */
  readonly threads?: number;
  /** Is told how many rows of how many are answered, those of both models together. */
  readonly report?: (done: number, rows: number) => void;
  readonly signal?: AbortSignal;
}

/** Draws of an interval, fewer where there are many rows: then intervals are small, too. */
const DRAWS = { most: 1_000, least: 100, rows: 2e7 };

/**
 * Asks the model all rows, through the engine that serves it, and measures what it answers. Inputs that are too long for it are cut; one
 * that it refuses is a wrong answer.
 *
 * @throws LifecycleError DATASET_INVALID with line and field, NOT_EVALUABLE, NOT_COMPARABLE, USAGE for a gate of a figure that there is
 * not; EngineError as loading and predicting
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationReport> {
  const { model, dataset, compare, gates = [], slices = [], mistakes = 50, seed = 0, report } = options;
  const start = performance.now();
  const rounds = compare ? 2 : 1;
  const judge = (name: SideName, round: number) =>
    judgeModel(name, {
      ...options,
      begin: (names) => refuseUnknownFigures(gates, names, compare !== undefined),
      report: (done, rows) => report?.(round * rows + done, rounds * rows),
    });
  const judged = await judge(model, 0);
  const before = compare && (await judge(compare, 1));
  if (before) refuseOther(before, judged);
  const all = [...judged.examples.keys()];
  const measure = (rows: ArrayLike<number>) =>
    before ? measureBoth(before, judged, rows) : judged.measure(rows);
  const measured = measure(all);
  const intervals = bootstrapIntervals(all.length, measure, { draws: drawsFor(all.length), seed });
  const about = { name: dataset.name, sha256: dataset.sha256, rows: all.length };
  const found = {
    dataset: about,
    metrics: measuredUnder('', measured, intervals),
    ...judged.describe(),
    slices: [...sliceByLength(judged), ...slices.flatMap((column) => sliceByColumn(judged, dataset, column))],
    ...(before && { comparison: compareRows(before, judged, measured, intervals) }),
  };
  const { manifestSha256 } = judged.model;
  return {
    formatVersion: 1,
    kind: 'evaluation',
    at: new Date().toISOString(),
    model: judged.model,
    task: judged.task,
    ...found,
    mistakes: worstMistakes(judged, mistakes),
    gates: judgeGates(gates, figuresOf(found, namesOf(judged)), { dataset: about, manifestSha256 }),
    machine: describeMachine(judged.machine),
    seconds: (performance.now() - start) / 1_000,
  };
}

const namesOf = (judged: JudgedRows): readonly string[] => [...judged.measure([]).keys()];

function drawsFor(rows: number): number {
  return Math.max(DRAWS.least, Math.min(DRAWS.most, Math.floor(DRAWS.rows / rows)));
}

function describeMachine({ processor, architecture, node, threads }: Machine): EvaluationReport['machine'] {
  const cpu = `${processor}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return { cpu, arch: architecture, node, pilotlight: ENGINE_VERSION };
}
