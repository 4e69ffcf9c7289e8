/** How far texts are from the reference: the population stability index, and how large it may be by chance. */

/** From here on a shift is one that matters, by the rule of thumb of credit scoring (Siddiqi, Credit Risk Scorecards, 2006): below 0.1 there is none, above 0.25 a large one. */
export const LEAST_PSI = 0.25;

/**
 * The quantile of the standard normal distribution of 1 - 1e-6: of a million comparisons of texts that have not shifted, one is to be above
 * its limit. A process makes some 500 of them for 20,000 texts.
 */
const Z = 4.753;

/** The texts that the reference stands for among those of a window, so that a bin without a text does not make the index infinite. */
const PRIOR_TEXTS = 5;

/**
 * Texts that a bin must be expected to have in a window, so that the distribution holds (the rule of thumb of the chi-squared test is 5). Rarer
 * ones are pooled: of 150 labels each has less than two texts of a window, and says nothing by itself.
 */
const LEAST_EXPECTED = 8;

export interface Shift {
  /** Sum over the bins of (q - p) ln(q / p), where p is the share of the reference and q that of the window. */
  readonly psi: number;
  /** The largest index that is no drift, for so many texts and bins. */
  readonly limit: number;
}

type Bins = ReadonlyMap<string, number>;

/**
 * Compares the texts of a window with those of the reference.
 *
 * Without a shift the index is near (1/n + 1/m) times a chi-squared variable of as many degrees of freedom as there are bins but one
 * (Yurdakul and Naranjo, Statistical properties of the population stability index, 2020), for n texts and m of the reference: `limit` is the
 * quantile of that, and `LEAST_PSI` where that is more. So the index of a few texts has to be large to count.
 */
export function compareBins(reference: Bins, window: Bins): Shift {
  const [m, n] = [sum(reference), sum(window)];
  const groups = poolBins(reference, window, LEAST_EXPECTED / n);
  let psi = 0;
  for (const [expected, found] of groups) {
    const p = (expected + 0.5) / (m + 0.5 * groups.length);
    const q = (found + PRIOR_TEXTS * p) / (n + PRIOR_TEXTS);
    psi += (q - p) * Math.log(q / p);
  }
  const chance = chiSquaredQuantile(Math.max(1, groups.length - 1)) * (1 / n + 1 / m);
  return { psi, limit: Math.max(LEAST_PSI, chance) };
}

/** Texts of the reference and of the window in each group: a bin, or several of which each has less than `least` of the reference. */
function poolBins(reference: Bins, window: Bins, least: number): [expected: number, found: number][] {
  const enough = least * sum(reference);
  const groups: [number, number][] = [];
  let pool: [number, number] = [0, 0];
  for (const name of new Set([...reference.keys(), ...window.keys()])) {
    const [expected, found] = [reference.get(name) ?? 0, window.get(name) ?? 0];
    if (expected >= enough) {
      groups.push([expected, found]);
      continue;
    }
    pool = [pool[0] + expected, pool[1] + found];
    if (pool[0] < enough) continue;
    groups.push(pool);
    pool = [0, 0];
  }
  return pool[0] > 0 || pool[1] > 0 ? [...groups, pool] : groups;
}

/** The approximation of Wilson and Hilferty (1931): never below the quantile here, 15 % above it for one degree and 3 % for nine. */
function chiSquaredQuantile(degrees: number): number {
  const part = 2 / (9 * degrees);
  return degrees * (1 - part + Z * Math.sqrt(part)) ** 3;
}

function sum(bins: Bins): number {
  let total = 0;
  for (const count of bins.values()) total += count;
  return total;
}
