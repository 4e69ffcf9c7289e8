/**
 * The unit tests as the mutation run needs them. A mutated copy of the repository has the packages of the original in its
 * `node_modules`; the aliases lead every import of a package to the copy instead, so that mutants are what the tests see.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { z } from 'zod';

const packageJson = z.object({
  name: z.string(),
  workspaces: z.array(z.string()).default([]),
  exports: z.record(z.string(), z.string()).default({}),
});
const read = (folder: string) =>
  packageJson.parse(JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')));

const alias = read('.').workspaces.flatMap((folder) => {
  const { name, exports } = read(folder);
  return Object.entries(exports).map(([subpath, target]) => ({
    find: new RegExp(`^${name}${subpath.slice(1).replace('*', '(.+)')}$`),
    replacement: resolve(folder, target.replace('*', '$1')),
  }));
});

export default defineConfig({
  resolve: { alias },
  test: {
    include: process.env.MUTATION_TESTS?.split(',') ?? [],
    testTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    pool: 'forks',
    maxWorkers: 1,
  },
});
