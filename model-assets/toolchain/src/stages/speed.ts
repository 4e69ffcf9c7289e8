/** How many times as fast as fp32 a variant is on this machine, by rounds that take turns, so that what else runs on it slows both. */
import type { Predictor, TokenRequest } from '@pilotlight/engine';

const ROUNDS = 5;
/** Both models together have this time; a round of one that is slower still is run whole. */
const TIME_BUDGET_MS = 3_000;
/** Requests of a round: those of the first that a slow model is measured on, and all. */
const FEW = 8;
const MANY = 32;

type Timed = Pick<Predictor, 'infer'>;

/** The median of the ratios of the rounds, two digits. */
export async function measureSpeedup(
  fp32: Timed,
  variant: Timed,
  requests: readonly TokenRequest[],
  now: () => number = () => performance.now(),
): Promise<number> {
  const time = async (predictor: Timed, part: readonly TokenRequest[]): Promise<number> => {
    const start = now();
    await predictor.infer(part, { truncate: true });
    return now() - start;
  };
  const few = requests.slice(0, FEW);
  // The first runs allocate.
  await time(variant, few);
  const warm = await time(fp32, few);
  const isSlow = (warm * MANY * ROUNDS) / FEW > TIME_BUDGET_MS / 2;
  const part = isSlow ? few : requests.slice(0, MANY);
  if (!isSlow) for (const predictor of [variant, fp32]) await time(predictor, part);
  const start = now();
  return compareByTurns(
    () => time(fp32, part),
    () => time(variant, part),
    () => now() - start > TIME_BUDGET_MS,
  );
}

/**
 * The median of the ratios of rounds of both, two digits. `reference` and `own` give the time that they took; `isOver` ends the rounds
 * early, after the one that is under way.
 */
export async function compareByTurns(
  reference: () => Promise<number>,
  own: () => Promise<number>,
  isOver: () => boolean = () => false,
): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Every other round begins with the other one, so that none always runs after the same.
    if (round % 2 === 0) {
      const first = await reference();
      ratios.push(first / (await own()));
    } else {
      const first = await own();
      ratios.push((await reference()) / first);
    }
    if (isOver()) break;
  }
  return Number(median(ratios).toPrecision(2));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [upper = Number.NaN, lower = Number.NaN] = [sorted[middle], sorted[middle - 1]];
  return sorted.length % 2 === 1 ? upper : (lower + upper) / 2;
}
