/** Whether all of each test runs, as in the nightly workflow; `npm test` runs a fixed sample, and leaves out what takes long by itself. */
export const LONG = process.env.PILOTLIGHT_TESTS === 'long';

/** The number of cases to run: `short` in `npm test`, `long` in a nightly run. */
export function cases({ short, long }: { readonly short: number; readonly long: number }): number {
  return LONG ? long : short;
}
