/** Whether all of each test runs, as in the nightly workflow; `npm test` runs a fixed sample, and leaves out what takes long by itself. */
export const LONG = process.env.PILOTLIGHT_TESTS === 'long';

/** The number of cases to run: `short` in `npm test`, `long` in a nightly run. */
export function cases({ short, long }: { readonly short: number; readonly long: number }): number {
  return LONG ? long : short;
}

/** All cases in a nightly run; in `npm test` so many of them, evenly spread, the first and the last among them. */
export function sampled<Case>(all: readonly Case[], { short }: { readonly short: number }): Case[] {
  if (LONG || short >= all.length) return [...all];
  const step = (all.length - 1) / Math.max(1, short - 1);
  return Array.from({ length: short }, (_, i) => all[Math.round(i * step)]).filter(
    (one) => one !== undefined,
  );
}
