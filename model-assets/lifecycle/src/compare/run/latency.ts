/** Times two models on the same texts, one call each, in turns, so that what else runs on the machine slows both. */
import { performance } from 'node:perf_hooks';
import { readingFor } from '../answers/read.ts';
import { predictAll } from './collect.ts';
import { quantile } from './quantile.ts';
import type { Sample } from './samples.ts';
import type { Side } from './side.ts';

export interface LatencyComparison {
  /** Pairs of calls, of one text each. */
  readonly pairs: number;
  /** Median of the milliseconds of a call. */
  readonly aMs: number;
  readonly bMs: number;
  /** Time of B over that of A, of the pair in the middle. */
  readonly ratio: number;
  /** The ratios that the middle half of the pairs lies between. */
  readonly between: readonly [low: number, high: number];
}

const WARM_UP = 3;
const MOST_PAIRS = 60;
/** Both models together have this time, after the first pair. */
const BUDGET_MS = 4_000;

/** Gives nothing where there is no text to time. */
export async function compareLatency(
  a: Side,
  b: Side,
  samples: readonly Sample[],
  now: () => number = () => performance.now(),
): Promise<LatencyComparison | undefined> {
  if (samples.length === 0) return undefined;
  const [readA, readB] = [readingFor(a.manifest), readingFor(b.manifest)];
  const time = async (side: Side, reading: typeof readA, index: number): Promise<number> => {
    const sample = samples[index % samples.length];
    const start = now();
    await predictAll(side, sample ? [sample] : [], reading);
    return now() - start;
  };
  for (let run = 0; run < WARM_UP; run++) {
    await time(a, readA, run);
    await time(b, readB, run);
  }
  const times: { readonly a: number; readonly b: number }[] = [];
  const start = now();
  for (let pair = 0; pair < MOST_PAIRS && (pair === 0 || now() - start < BUDGET_MS); pair++) {
    // Every other pair begins with the other one, so that none always runs after the same.
    if (pair % 2 === 0) {
      const first = await time(a, readA, pair);
      times.push({ a: first, b: await time(b, readB, pair) });
    } else {
      const first = await time(b, readB, pair);
      times.push({ b: first, a: await time(a, readA, pair) });
    }
  }
  const ratios = times.map((pair) => pair.b / pair.a);
  return {
    pairs: times.length,
    aMs: quantile(
      times.map((pair) => pair.a),
      0.5,
    ),
    bMs: quantile(
      times.map((pair) => pair.b),
      0.5,
    ),
    ratio: quantile(ratios, 0.5),
    between: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  };
}
