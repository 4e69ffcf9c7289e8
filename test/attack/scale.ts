/** How much of each attack runs: a fixed sample in `npm test`, all of it with `PILOTLIGHT_ATTACK=long` (nightly). */
const LONG = process.env.PILOTLIGHT_ATTACK === 'long';

/** The number of cases to run: `short` in `npm test`, `long` in a nightly run. */
export function cases({ short, long }: { readonly short: number; readonly long: number }): number {
  return LONG ? long : short;
}
