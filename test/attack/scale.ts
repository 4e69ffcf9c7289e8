/** Whether all of each attack runs, as it does in the nightly workflow; `npm test` runs a fixed sample. */
export const LONG = process.env.PILOTLIGHT_ATTACK === 'long';

/** The number of cases to run: `short` in `npm test`, `long` in a nightly run. */
export function cases({ short, long }: { readonly short: number; readonly long: number }): number {
  return LONG ? long : short;
}
