/** Climbs down the rungs of int8 until one answers as fp32 does, and faster. See ADR-lstm.md. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerGolden } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { sumOfBytes } from '@pilotlight/model-format';
import type { Progress } from '../../progress.ts';
import type { ArchiveGraphs } from '../modules/module.ts';
import {
  ARCHIVE_RUNGS,
  type ArchiveRung,
  INT8_TOLERANCE,
  judgeAnswers,
  quantiseGraphs,
} from './int8-variant.ts';
import { answerOf, type JudgedVariant, type StagedArchive } from './staged-archive.ts';
import { LARGEST_BUDGET, measureBudget } from './tune-budget.ts';
import { writeVariant } from './write-variant.ts';

/** With fewer bytes of weights a model is as fast in fp32. */
const LEAST_BYTES = 8_000_000;
/** The share of the time of fp32 that int8 may take. */
const FASTER = 0.9;

export interface LadderParts {
  readonly staged: StagedArchive;
  readonly fp32: JudgedVariant;
  readonly goldens: readonly AnswerGolden[];
  readonly buildGraphs: () => ArchiveGraphs;
  /** @default - measured */
  readonly tokenBudget: number | undefined;
  readonly progress: Progress;
}

/** The variant of the first rung that is good enough, whose files are written; undefined where none is, and for small models. */
export async function climbLadder(parts: LadderParts): Promise<JudgedVariant | undefined> {
  const { staged, fp32, goldens, progress } = parts;
  if (sumOfBytes(fp32.variant.files) < LEAST_BYTES) return undefined;
  const inputs = goldens.map(({ input }) => input);
  const msPerToken =
    fp32.variant.inferMsPerToken ?? (await tuneVariant(staged, 'fp32', inputs, progress)).inferMsPerToken;
  for (const rung of ARCHIVE_RUNGS) {
    const int8 = await tryRung(rung, parts, msPerToken);
    if (int8) return int8;
    rmSync(join(staged.staging.folder, 'int8'), { recursive: true, force: true });
  }
  return undefined;
}

async function tryRung(
  rung: ArchiveRung,
  { staged, fp32, goldens, buildGraphs, tokenBudget, progress }: LadderParts,
  fp32MsPerToken: number,
): Promise<JudgedVariant | undefined> {
  const { scheme } = rung;
  const graphs = buildGraphs();
  if (!quantiseGraphs(graphs, rung)) return undefined;
  const written = await progress.stage(`optimise ${scheme}`, () =>
    writeVariant(
      graphs,
      { ...staged.staging, variant: 'int8' },
      { scheme, tokenBudget: tokenBudget ?? LARGEST_BUDGET },
    ),
  );
  await staged.write({ int8: { variant: written, tolerance: INT8_TOLERANCE }, fp32 }, goldens);
  const judged = await progress.stage('judge int8', () =>
    staged.serve('int8', (model) => judgeAnswers(goldens, (input) => answerOf(model, input))),
  );
  if (!judged) return undefined;
  const inputs = goldens.map(({ input }) => input);
  const budget = await tuneVariant(staged, 'int8', inputs, progress);
  const speedup = fp32MsPerToken / budget.inferMsPerToken;
  if (speedup * FASTER < 1) return undefined;
  const { tolerance, largestDifference } = judged;
  const measured = tokenBudget === undefined ? { ...budget, speedup } : { tokenBudget };
  return { variant: { ...written, ...measured, largestDifference }, tolerance };
}

/** Measures the token budget of a variant that was written. */
export function tuneVariant(
  staged: StagedArchive,
  variant: string,
  inputs: readonly unknown[],
  progress: Progress,
) {
  return progress.stage(variant === 'fp32' ? 'tune' : `tune ${variant}`, (report) =>
    staged.serve(variant, (model) => measureBudget(model, inputs, report)),
  );
}
