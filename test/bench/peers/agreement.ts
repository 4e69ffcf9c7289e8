/** Whether subjects give the same embeddings, before anything is measured: else their times would not compare. */
import { BenchError } from '../errors.ts';
import type { Precision } from '../package-model.ts';
import { cosine } from '../statistics.ts';

/** The embeddings of one subject, one for each text. */
export interface Embedded {
  readonly name: string;
  readonly precision: Precision;
  readonly vectors: readonly (readonly number[])[];
}

/** Cosines between a subject's embeddings and the reference's. */
export interface Agreement {
  readonly name: string;
  readonly reference: string;
  readonly lowest: number;
  readonly mean: number;
}

/** In fp32 only rounding differs. */
const LOWEST_FP32 = 0.99999;

/**
 * Every subject beside the first one in fp32, or beside the first of all where there is none.
 *
 * @throws BenchError ANSWERS_DIFFER where fp32 differs by more than rounding
 */
export function compareEmbeddings(all: readonly Embedded[]): Agreement[] {
  const reference = all.find(({ precision }) => precision === 'fp32') ?? all[0];
  if (reference === undefined) return [];
  return all
    .filter((embedded) => embedded !== reference)
    .map(({ name, precision, vectors }) => {
      const cosines = reference.vectors.map((vector, index) => cosine(vectors[index] ?? [], vector));
      const lowest = Math.min(...cosines);
      if (precision === 'fp32' && reference.precision === 'fp32' && !(lowest >= LOWEST_FP32)) {
        throw new BenchError(
          'ANSWERS_DIFFER',
          `${name} and ${reference.name} disagree: cosine ${lowest}, where fp32 gives at least ${LOWEST_FP32}`,
        );
      }
      const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
      return { name, reference: reference.name, lowest, mean };
    });
}
