import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { NIGHTLY } from './test/nightly.ts';
import { LONG } from './test/scale.ts';

/**
 * Folders of test/: `vitest run --project 'unit*'` runs one of them. Files of the same project may share their processes, which take more memory
 * from file to file, so the largest folder is several projects.
 */
const PROJECTS: Readonly<Record<string, string>> = {
  ...{ 'unit-engine': 'unit/engine', 'unit-toolchain': 'unit/toolchain', 'unit-functions': 'unit/functions' },
  unit: 'unit/!(engine|toolchain|functions)',
  ...{ golden: 'golden', e2e: 'e2e', attack: 'attack', infra: 'infra' },
  ...{ packages: 'packages', processors: 'processors' },
};
/**
 * Those whose files share their processes, so that the modules of the CDK, of ONNX Runtime and our own are loaded once in each and not once
 * a file: it halves their time. A file puts back what it changes of its process; its environment is put back for it.
 */
const isShared = (project: string): boolean => /^(unit|golden|infra|e2e|attack)/.test(project);
/**
 * Files of these that look at what a process keeps for good: classes that a server replaces, runs that never end and keep
 * a core busy.
 */
const APART = [
  'test/unit/engine/session.test.ts',
  'test/unit/functions/exchange.test.ts',
  'test/unit/functions/rehearse.test.ts',
];
const COVERAGE = process.argv.includes('--coverage');
/**
 * Whether Vite transforms each module first. Node itself runs the tests otherwise, as it runs our sources wherever else, and takes a tenth less time.
 * Coverage is counted in Vite's modules; a package that those of `packages` use has sources for developers, which Node would not read.
 */
const isTransformed = (project: string): boolean => COVERAGE || project === 'packages';
/** Run once before the tests of a project. */
const SETUP: Readonly<Record<string, string>> = { packages: './test/packages/pack.ts' };

const named = (file: string) =>
  process.argv.some((argument) => argument.endsWith('.test.ts') && file.endsWith(argument));
const left = LONG ? [] : NIGHTLY.filter((file) => !named(file));

// Hundreds of tests start a process: with what V8 made of its modules kept, the CLI starts in half of the time. Coverage would be less exact.
if (!COVERAGE) process.env.NODE_COMPILE_CACHE ??= resolve('node_modules/.cache/pilotlight');

// Where fixtures are that files share: see test/fixtures/made-once.ts.
if (process.argv.includes('run') && process.env.VITEST_RUN_FOLDER === undefined) {
  const folder = join(tmpdir(), `pilotlight-run-${process.pid}`);
  process.env.VITEST_RUN_FOLDER = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

// An arena of malloc for each thread keeps what ONNX Runtime has freed: files that share a process would take 1 GB in each, with one arena 0.6 GB.
process.env.MALLOC_ARENA_MAX ??= '1';

export default defineConfig({
  test: {
    projects: [
      ...Object.entries(PROJECTS).map(([name, folder]) => ({
        extends: true as const,
        test: {
          name,
          include: [`test/${folder}/**/*.test.ts`],
          exclude: [...configDefaults.exclude, ...left, ...APART],
          globalSetup: SETUP[name] ?? [],
          isolate: !isShared(name),
          experimental: { viteModuleRunner: isTransformed(name) },
          setupFiles: isShared(name) ? ['./test/support/own-environment.ts'] : [],
        },
      })),
      {
        extends: true as const,
        test: {
          name: 'unit-apart',
          include: APART,
          experimental: { viteModuleRunner: isTransformed('unit-apart') },
        },
      },
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is awaited is there in milliseconds, unless the machine is busy with something else.
    expect: { poll: { timeout: 10_000 } },
    pool: 'forks',
    // One more than the cores of a runner of CI, because many tests wait: for processes, for timers, for the network.
    maxWorkers: 3,
    reporters: ['default', './test/closing-line-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['{cli,functions,infra,layers,model-assets}/**/*.ts'],
      reporter: ['text-summary', 'html', 'lcov'],
      reportsDirectory: 'coverage',
    },
  },
});
