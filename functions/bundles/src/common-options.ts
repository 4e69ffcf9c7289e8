import type { BuildOptions } from 'esbuild';
import { REQUIRE } from './plugins.ts';

/** esbuild's options for everything that Lambda or a container runs. Not minified, so that a stack trace can be read. */
export const COMMON_OPTIONS = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  splitting: true,
  // The AWS SDK names only `main` and `module`; esbuild drops its unused parts only if it reads the ES modules.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  conditions: ['module'],
  banner: REQUIRE,
} satisfies BuildOptions;
