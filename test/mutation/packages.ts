import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';

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

/** One of so many slices of a package, such as `3/20`. */
const SLICE = /^([1-9]\d*)\/([1-9]\d*)$/;

export const isSlice = (part: string): boolean => SLICE.test(part);

/** The sources that are mutated: globs of a whole package, or of one folder or file of it; or the files of a slice of the package. */
export function findMutated(name: Measured, part: string): string[] {
  const { sources } = MEASURED[name];
  const [, number, slices] = SLICE.exec(part) ?? [];
  if (number && slices)
    return globSync(`${sources}/**/*.ts`)
      .filter((file) => sliceOf(file, Number(slices)) === Number(number))
      .sort();
  const path = [sources, part].filter((piece) => piece !== '').join('/');
  return path.endsWith('.ts') ? [path] : [`${path}/**/*.ts`];
}

/** From 1. A file stays in its slice, whatever other files come and go, so that what was measured of it is not measured again. */
function sliceOf(file: string, slices: number): number {
  return 1 + (createHash('sha256').update(file).digest().readUInt32BE() % slices);
}

/** The globs of the tests that run: those of the package, or those in the folders and files that were asked for. */
export function findTests(name: Measured, asked: readonly string[]): string[] {
  const places = asked.length > 0 ? asked : MEASURED[name].tests;
  return places.map((place) => (place.endsWith('.ts') ? place : `${place}/**/*.test.ts`));
}
