import { resolve } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { NIGHTLY } from './test/nightly.ts';
import { LONG } from './test/scale.ts';

/** Folders of test/: `vitest run --project unit` runs one of them. */
const PROJECTS = ['unit', 'golden', 'e2e', 'attack', 'infra', 'packages', 'processors'];
/** Run once before the tests of a project. */
const SETUP: Readonly<Record<string, string>> = { packages: './test/packages/pack.ts' };

const named = (file: string) =>
  process.argv.some((argument) => argument.endsWith('.test.ts') && file.endsWith(argument));
const left = LONG ? [] : NIGHTLY.filter((file) => !named(file));

// Hundreds of tests start a process: with what V8 made of its modules kept, the CLI starts in half of the time. Coverage would be less exact.
if (!process.argv.includes('--coverage')) {
  process.env.NODE_COMPILE_CACHE ??= resolve('node_modules/.cache/pilotlight');
}

export default defineConfig({
  test: {
    projects: PROJECTS.map((name) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        exclude: [...configDefaults.exclude, ...left],
        globalSetup: SETUP[name] ?? [],
      },
    })),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './test/closing-line-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['{cli,functions,infra,layers,model-assets}/**/*.ts'],
      reporter: ['text-summary', 'html', 'lcov'],
      reportsDirectory: 'coverage',
    },
  },
});
