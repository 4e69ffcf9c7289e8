/** The packages whose tests are measured by mutation: the sources of each, and the tests that ought to notice a mutant. */
export const MEASURED = {
  format: { sources: 'model-assets/format/src', tests: ['test/unit/format', 'test/unit/engine'] },
  engine: { sources: 'layers/engine/src', tests: ['test/unit/engine'] },
  app: {
    sources: 'functions/app/src',
    tests: ['test/unit/functions'],
  },
  batch: { sources: 'functions/batch/src', tests: ['test/unit/functions/batch'] },
} as const;

export type Measured = keyof typeof MEASURED;

export const isMeasured = (name: string): name is Measured => Object.hasOwn(MEASURED, name);

/** The globs of the sources that are mutated: a whole package, or one folder or file of it. */
export function findMutated(name: Measured, part: string): string[] {
  const path = [MEASURED[name].sources, part].filter((piece) => piece !== '').join('/');
  return path.endsWith('.ts') ? [path] : [`${path}/**/*.ts`];
}

/** The globs of the tests that run: those of the package, or those in the folders and files that were asked for. */
export function findTests(name: Measured, asked: readonly string[]): string[] {
  const places = asked.length > 0 ? asked : MEASURED[name].tests;
  return places.map((place) => (place.endsWith('.ts') ? place : `${place}/**/*.test.ts`));
}
