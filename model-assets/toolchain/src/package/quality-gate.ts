/** The quality that a variant must have; stages/judge/ADR-judge.md says where the figures come from. */
import type { Judgement } from '@pilotlight/model-format';
import type { QualityLevel } from '../options.ts';

interface Limits {
  /** Smallest cosine of an embedding to that of fp32, of any text and on average. */
  readonly leastCosine: number;
  readonly meanCosine: number;
  /** Largest average difference of a score from that of fp32. */
  readonly meanScore: number;
  /** Largest share of decisions that change though fp32 made them by a clear margin; one is always accepted. */
  readonly clearChanges: number;
}

export const LIMITS: Readonly<Record<QualityLevel, Limits>> = {
  fast: { leastCosine: 0.975, meanCosine: 0.998, meanScore: 0.03, clearChanges: 0.02 },
  best: { leastCosine: 0.985, meanCosine: 0.999, meanScore: 0.01, clearChanges: 0.005 },
};

/** The share of the layers that could be int8 but may stay fp32: with more of them, int8 is not worth its error. */
export const MAXIMUM_SHARE_KEPT = 0.5;

/** One demand of the gate. */
interface Criterion {
  /** What is measured, and what is asked for: `worst cosine 0.9843 of at least 0.99`. */
  readonly said: string;
  /** What is lost over what may be lost: the demand is met up to 1. */
  readonly excess: number;
}

/** Divides what a variant loses by what it may lose, by the demand that it meets worst: it passes up to 1. */
export function measureExcess(judgement: Judgement, level: QualityLevel): number {
  return Math.max(...criteriaOf(judgement, LIMITS[level]).map(({ excess }) => excess));
}

export function passesGate(judgement: Judgement, level: QualityLevel): boolean {
  return measureExcess(judgement, level) <= 1;
}

/** Names the demands that a variant misses, with its figures; those that it meets worst where it misses none. */
export function describeGate(judgement: Judgement, level: QualityLevel): string {
  const criteria = criteriaOf(judgement, LIMITS[level]);
  const missed = criteria.filter(({ excess }) => !(excess <= 1));
  return (missed.length > 0 ? missed : criteria).map(({ said }) => said).join(', ');
}

function criteriaOf(
  { cosine, scores, decisions }: Judgement,
  { leastCosine, meanCosine, meanScore, clearChanges }: Limits,
): readonly Criterion[] {
  const atLeast = (what: string, measured: number, limit: number): Criterion => ({
    said: `${what} ${measured.toFixed(4)} of at least ${limit}`,
    excess: (1 - measured) / (1 - limit),
  });
  const most = Math.max(1, Math.floor(clearChanges * decisions.total));
  return [
    ...(cosine ? [atLeast('worst cosine', cosine.least, leastCosine)] : []),
    ...(cosine ? [atLeast('mean cosine', cosine.mean, meanCosine)] : []),
    ...(scores
      ? [
          {
            said: `mean difference of scores ${scores.mean.toFixed(4)} of at most ${meanScore}`,
            excess: scores.mean / meanScore,
          },
        ]
      : []),
    {
      said: `${decisions.clear} of ${decisions.total} ${decisions.of} clearly changed of at most ${most}`,
      excess: decisions.clear / most,
    },
  ];
}
