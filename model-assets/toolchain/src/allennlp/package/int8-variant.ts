/** int8 of a model out of an archive: the weights of its products in blocks, where the answers stay what they are and come faster. */
import type { AnswerGolden } from '@pilotlight/engine/internal/allennlp/answer-goldens';
import { compareAnswers } from '@pilotlight/engine/internal/allennlp/compare-answers';
import type { ArchiveVariant } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { type BlockSize, quantiseInBlocks, quantiseLstms } from '../../stages/quantise.ts';
import type { ArchiveGraphs } from '../modules/module.ts';

export interface ArchiveRung {
  readonly scheme: ArchiveVariant['scheme'];
  readonly size: BlockSize;
  /** Whether LSTMs are quantised, too; the rung is for models that have some. */
  readonly lstms: boolean;
}

/** Rungs of the ladder that need no texts to choose scales on, which a predictor's JSON is not: the faster first. */
export const ARCHIVE_RUNGS: readonly ArchiveRung[] = [
  { scheme: 'int8-blocks-64-lstm', size: 64, lstms: true },
  { scheme: 'int8-blocks-64', size: 64, lstms: false },
  { scheme: 'int8-blocks-32', size: 32, lstms: false },
];

/** With fewer bytes of weights a model is as fast in fp32. */
export const LEAST_BYTES = 8_000_000;
/** The share of the time of fp32 that int8 may take. */
export const FASTER = 0.9;
/** How far a number of an answer may be off, absolute or in shares of it, whichever is smaller; everything else has to be equal. */
export const INT8_TOLERANCE = 0.05;
/** Other processors round otherwise. */
const MARGIN = 2;
const LEAST_TOLERANCE = 1e-3;

/** Weights of eight bits. */
const LIMIT = 127;

/** Quantises the graphs in place; false where they have nothing that the rung is for. */
export function quantiseGraphs(graphs: ArchiveGraphs, { size, lstms }: ArchiveRung): boolean {
  const models = Object.values(graphs).map(({ model }) => model);
  const quantised = lstms ? models.reduce((sum, model) => sum + quantiseLstms(model, LIMIT), 0) : 0;
  if (lstms && quantised === 0) return false;
  const done = models.map((model) => {
    try {
      return quantiseInBlocks(model, size, { keep: [], limit: LIMIT }).products > 0;
    } catch (error) {
      if (error instanceof ToolchainError && error.code === 'SOURCE_UNSUPPORTED') return false;
      throw error;
    }
  });
  return quantised > 0 || done.includes(true);
}

/** The tolerance of the goldens for a variant that answers so; undefined where it is not good enough. */
export async function judgeAnswers(
  goldens: readonly AnswerGolden[],
  answer: (input: unknown) => Promise<unknown>,
): Promise<number | undefined> {
  let off = 0;
  for (const { input, output } of goldens) {
    const { problem, largest } = compareAnswers(output, await answer(input));
    if (problem !== undefined || largest > INT8_TOLERANCE) return undefined;
    off = Math.max(off, largest);
  }
  return Math.max(MARGIN * off, LEAST_TOLERANCE);
}
