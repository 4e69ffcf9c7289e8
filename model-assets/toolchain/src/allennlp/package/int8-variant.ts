/** int8 of a model out of an archive: the weights of its products in blocks, where the answers stay what they are and come faster. */
import type { AnswerGolden } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { compareAnswers } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/compare-answers';
import type { ArchiveVariant } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { type BlockSize, quantiseInBlocks, quantiseLstms } from '../../stages/quantise.ts';
import type { ArchiveGraphs } from '../modules/module.ts';

export interface ArchiveRung {
  readonly scheme: ArchiveVariant['scheme'];
  readonly size: BlockSize;
  /** Whether LSTMs are int8, too. @default false */
  readonly lstms?: boolean;
}

/**
 * Rungs of the ladder that need no texts to choose scales on, which a predictor's JSON is not: the faster first. The first is for models that
 * have LSTMs: see ADR-lstm.md.
 */
export const ARCHIVE_RUNGS: readonly ArchiveRung[] = [
  { scheme: 'int8-blocks-64-lstm', size: 64, lstms: true },
  { scheme: 'int8-blocks-64', size: 64 },
  { scheme: 'int8-blocks-32', size: 32 },
];

/** How far a number of an answer may be off, absolute or in shares of it, whichever is smaller; everything else has to be equal. */
export const INT8_TOLERANCE = 0.05;
/** Other processors round otherwise. */
const MARGIN = 2;
const LEAST_TOLERANCE = 1e-3;

/** Weights of eight bits. */
const LIMIT = 127;
/** Sums of an LSTM would saturate on x86 without VNNI, and no session makes its weights unsigned. See ADR-lstm.md. */
const LSTM_LIMIT = 63;

/** Quantises the graphs in place; false where none has what the rung quantises: an LSTM, or a product that is large enough. */
export function quantiseGraphs(graphs: ArchiveGraphs, { size, lstms = false }: ArchiveRung): boolean {
  const models = Object.values(graphs).map(({ model }) => model);
  if (lstms && models.reduce((count, model) => count + quantiseLstms(model, LSTM_LIMIT), 0) === 0)
    return false;
  const done = models.map((model) => {
    try {
      return quantiseInBlocks(model, size, { keep: [], limit: LIMIT }).products > 0;
    } catch (error) {
      if (error instanceof ToolchainError && error.code === 'SOURCE_UNSUPPORTED') return false;
      throw error;
    }
  });
  return lstms || done.includes(true);
}

export interface Int8Judgement {
  /** Of the goldens for the variant. */
  readonly tolerance: number;
  /** Of a number of an answer, measured on the goldens. */
  readonly largestDifference: number;
}

/** Compares the answers of a variant with the goldens; undefined where it is not good enough. */
export async function judgeAnswers(
  goldens: readonly AnswerGolden[],
  answer: (input: unknown) => Promise<unknown>,
): Promise<Int8Judgement | undefined> {
  let largestDifference = 0;
  for (const { input, output } of goldens) {
    const { problem, largest } = compareAnswers(output, await answer(input));
    if (problem !== undefined || largest > INT8_TOLERANCE) return undefined;
    largestDifference = Math.max(largestDifference, largest);
  }
  return { tolerance: Math.max(MARGIN * largestDifference, LEAST_TOLERANCE), largestDifference };
}
