import { cpuBudget } from '../stages/tune.ts';
import { INT8_RUNGS } from './rung.ts';
import type { Scheme } from './scheme.ts';

/** Weights of 8 bits, for CPUs: the first rung of a ladder that is good enough. See stages/ADR-int8.md and stages/judge/ADR-judge.md. */
export const int8: Scheme = {
  tier: 'lambda',
  tokenBudget: cpuBudget,
  rungs: INT8_RUNGS,
  otherwise: 'Package it in fp32: --variants fp32.',
};
