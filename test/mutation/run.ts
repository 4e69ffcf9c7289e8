/**
 * `npm run mutation -- engine [tasks [test/unit/engine/tasks]]`: mutates the sources of a package, or of one folder or file
 * of it, or of a slice such as `3/20`, and says which mutants no unit test noticed. The tests of the package run, or those in
 * the folders and files that follow. Exits with 1 below the score that we hold.
 */
import { Stryker } from '@stryker-mutator/core';
import { findMutated, findTests, isMeasured, isSlice, MEASURED } from './packages.ts';

/** Percent of the mutants that a test must notice. */
const LOWEST_SCORE = 85;
const REPORTS = 'dist/mutation';

const [name = '', part = '', ...tests] = process.argv.slice(2);
if (!isMeasured(name)) {
  console.error(
    `Which package? npm run mutation -- <${Object.keys(MEASURED).join('|')}> [folder or file of its src, or a slice such as 3/20 [tests]]`,
  );
  process.exit(2);
}

// Slices add to what is known of their package, so that its score is at last that of all of them.
const place = `${REPORTS}/${[name, isSlice(part) ? '' : part]
  .filter((piece) => piece !== '')
  .join('-')
  .replaceAll(/[/.]/g, '-')}`;
// The processes that run the tests read it (vitest.config.ts).
process.env.MUTATION_TESTS = findTests(name, tests).join(',');
await new Stryker({
  mutate: findMutated(name, part),
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: true },
  plugins: ['@stryker-mutator/vitest-runner'],
  ignorePatterns: ['coverage', 'dist'],
  tempDirName: `${REPORTS}/sandbox`,
  incremental: true,
  incrementalFile: `${place}.incremental.json`,
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  clearTextReporter: { reportTests: false, allowColor: process.stdout.isTTY, skipFull: true },
  htmlReporter: { fileName: `${place}.html` },
  jsonReporter: { fileName: `${place}.json` },
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 1),
  ignoreStatic: true,
  dryRunTimeoutMinutes: 30,
  timeoutMS: 5000,
  thresholds: { high: 95, low: LOWEST_SCORE, break: LOWEST_SCORE },
}).runMutationTest();
