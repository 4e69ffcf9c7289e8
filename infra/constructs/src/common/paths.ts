/** Where model packages are, and where builds go, wherever Pilotlight is installed. ADR-paths.md has the reasons. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the default models are in a clone of Pilotlight. */
const CLONE = fileURLToPath(new URL('../../../../model-assets/packages', import.meta.url));
/** The package that brings the default models to everybody else, in its folder `models`. */
const DEFAULT_MODELS = 'pilotlight';

/**
 * The folder of model packages where a construct is told none: `models` of the CDK app, else the default models.
 * The result is `models` where there are neither, so that an error names the folder to make.
 */
export function defaultPackagesFolder(app = process.cwd()): string {
  const own = resolve(app, 'models');
  const candidates = [own, installedModels(app), CLONE];
  return candidates.find((folder) => folder !== undefined && existsSync(folder)) ?? own;
}

function installedModels(app: string): string | undefined {
  const resolvers = [join(app, 'package.json'), import.meta.url].map((from) => createRequire(from));
  for (const resolver of resolvers) {
    try {
      return join(dirname(resolver.resolve(`${DEFAULT_MODELS}/package.json`)), 'models');
    } catch {
      // It is not installed there.
    }
  }
  return undefined;
}

/** Where layers and images are built and packages are fetched to, below the folder that the CDK app runs in; the content names each. */
export function buildFolder(
  kind: 'layers' | 'images' | 'functions' | 'packages',
  app = process.cwd(),
): string {
  const modules = resolve(app, 'node_modules');
  const cache = existsSync(modules)
    ? join(modules, '.cache', 'pilotlight')
    : join(tmpdir(), `pilotlight-${userInfo().username}`);
  return join(cache, kind);
}
