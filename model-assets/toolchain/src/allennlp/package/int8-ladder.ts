/** Climbs down the rungs of int8 until one answers as fp32 does, and is much smaller. See ADR-lstm.md. */
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
import { ARCHIVE_BUDGET, measureArchiveMsPerToken } from './measure-speed.ts';
import { answerOf, type JudgedVariant, type StagedArchive } from './staged-archive.ts';
import { writeVariant } from './write-variant.ts';

/** With fewer bytes of weights a model is as fast in fp32. */
const LEAST_BYTES = 8_000_000;
/**
 * The share of the bytes of fp32 that int8 may have. What a product takes follows its weights; bytes are the same every time, and a clock
 * would choose another variant on a busy machine.
 */
const SMALLER = 0.75;

export interface LadderParts {
  readonly staged: StagedArchive;
  readonly fp32: JudgedVariant;
  readonly goldens: readonly AnswerGolden[];
  readonly buildGraphs: () => ArchiveGraphs;
  /** @default - that of archives; where it is given, nothing is measured */
  readonly tokenBudget: number | undefined;
  readonly progress: Progress;
}

/** The variant of the first rung that is good enough, whose files are written; undefined where none is, and for small models. */
export async function climbLadder(parts: LadderParts): Promise<JudgedVariant | undefined> {
  const { staged, fp32 } = parts;
  if (sumOfBytes(fp32.variant.files) < LEAST_BYTES) return undefined;
  for (const rung of ARCHIVE_RUNGS) {
    const int8 = await tryRung(rung, parts);
    if (int8) return int8;
    rmSync(join(staged.staging.folder, 'int8'), { recursive: true, force: true });
  }
  return undefined;
}

async function tryRung(rung: ArchiveRung, parts: LadderParts): Promise<JudgedVariant | undefined> {
  const { staged, fp32, goldens, buildGraphs, tokenBudget, progress } = parts;
  const { scheme } = rung;
  const graphs = buildGraphs();
  if (!quantiseGraphs(graphs, rung)) return undefined;
  const written = await progress.stage(`optimise ${scheme}`, () =>
    writeVariant(
      graphs,
      { ...staged.staging, variant: 'int8' },
      { scheme, tokenBudget: tokenBudget ?? ARCHIVE_BUDGET },
    ),
  );
  if (sumOfBytes(written.files) > SMALLER * sumOfBytes(fp32.variant.files)) return undefined;
  await staged.write({ int8: { variant: written, tolerance: INT8_TOLERANCE }, fp32 }, goldens);
  const judged = await progress.stage('judge int8', () =>
    staged.serve('int8', (model) => judgeAnswers(goldens, (input) => answerOf(model, input))),
  );
  if (!judged) return undefined;
  const { tolerance, largestDifference } = judged;
  const measured = tokenBudget === undefined ? await measureBeside(fp32, parts) : {};
  return { variant: { ...written, ...measured, largestDifference }, tolerance };
}

/** What a token costs in int8, and how many times as fast that is as in fp32. */
async function measureBeside({ variant }: JudgedVariant, { staged, goldens, progress }: LadderParts) {
  const inputs = goldens.map(({ input }) => input);
  const inferMsPerToken = await measureVariant(staged, 'int8', inputs, progress);
  const { inferMsPerToken: fp32 } = variant;
  return {
    inferMsPerToken,
    ...(fp32 !== undefined && { speedup: Number((fp32 / inferMsPerToken).toPrecision(2)) }),
  };
}

/** Measures what a token costs in a variant that was written. */
export function measureVariant(
  staged: StagedArchive,
  variant: string,
  inputs: readonly unknown[],
  progress: Progress,
) {
  return progress.stage(variant === 'fp32' ? 'measure' : `measure ${variant}`, (report) =>
    staged.serve(variant, (model) => measureArchiveMsPerToken(model, inputs, ARCHIVE_BUDGET, report)),
  );
}
