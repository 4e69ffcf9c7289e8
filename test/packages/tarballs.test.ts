/** The tarballs that `npm run pack` writes, looked at as npm and TypeScript do, without installing them. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, test } from 'vitest';
import { publishedManifest } from '../../cli/build/manifest.ts';
import { workspaces } from '../../cli/build/packages.ts';
import { asDeclaration } from '../../cli/build/stage.ts';
import { readEnvironment, restoreEnvironment } from '../support/environment.ts';
import { tarballs } from './world.ts';

const packages = workspaces();
const manifestIn = (staged: string) => JSON.parse(readFileSync(join(staged, 'package.json'), 'utf8'));
/** CommonJS cannot import the packages, and the resolution of Node 10 knows no `exports`. */
const NOT_SUPPORTED = ['node10', 'node16-cjs'];

function readTarball(name: string): Buffer {
  const slug = name.replace('@', '').replace('/', '-');
  const path = tarballs().find((one) => new RegExp(`/${slug}-\\d+\\.\\d+\\.\\d+\\.tgz$`).test(one));
  return readFileSync(path ?? expect.fail(`There is no tarball of ${name}`));
}

test('a declaration imports its neighbours as JavaScript, and has no map that leads nowhere', () => {
  const written =
    "import type { A } from './a.ts';\nexport declare const b: import('../b.ts').B;\n//# sourceMappingURL=c.d.ts.map";
  expect(asDeclaration(written)).toBe(
    "import type { A } from './a.js';\nexport declare const b: import('../b.js').B;\n",
  );
});

test('a package names the repository whose workflow packs it, and none elsewhere', () => {
  const [first = expect.fail()] = packages;
  const variables = readEnvironment();
  try {
    delete process.env.GITHUB_REPOSITORY;
    expect(JSON.parse(JSON.stringify(publishedManifest(first, new Set())))).not.toHaveProperty('repository');
    process.env.GITHUB_SERVER_URL = 'https://github.com';
    process.env.GITHUB_REPOSITORY = 'a-team/their-fork';
    expect(publishedManifest(first, new Set())).toMatchObject({
      repository: { url: 'git+https://github.com/a-team/their-fork.git', directory: 'model-assets/format' },
    });
  } finally {
    restoreEnvironment(variables);
  }
});

test('there is one tarball for each package of the workspace, and all have one version', () => {
  expect(tarballs().length).toBe(packages.length);
  expect(new Set(packages.map(({ manifest }) => manifest.version)).size).toBe(1);
});

describe.each(packages)('the tarball of $manifest.name', ({ manifest, staged }) => {
  test('passes publint', async () => {
    const tarball = new Uint8Array(readTarball(manifest.name)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('resolves with types wherever ES modules do', async () => {
    const result = await checkPackage(createPackageFromTarballData(readTarball(manifest.name)));
    if (!result.types) return expect.fail('It has no types.');
    const problems = result.problems.filter(
      (problem) => !('resolutionKind' in problem && NOT_SUPPORTED.includes(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
  });

  test('has JavaScript, a licence, a README, and no TypeScript source outside its templates', () => {
    const files = globSync('**/*', { cwd: staged });
    const sources = files.filter((path) => /(?<!\.d)\.ts$/.test(path) && !path.startsWith('templates/'));
    expect(sources).toEqual([]);
    expect(files.filter((path) => path.includes('node_modules'))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
  });

  test('opens its public API and named internals, and the files of each are inside', () => {
    const { exports, bin = {} } = manifestIn(staged);
    expect(Object.keys(exports).filter((key) => key.includes('*'))).toEqual([]);
    const isCommand = manifest.name === 'pilotlight';
    expect('.' in exports, 'a command has no API of its own').toBe(!isCommand);
    expect(Object.keys(bin)).toEqual(isCommand ? ['pilotlight'] : []);
    const open: readonly string[] = Object.values<string | { types: string; default: string }>(
      exports,
    ).flatMap((one) => (typeof one === 'string' ? [one] : Object.values(one)));
    for (const path of [...open, ...Object.values<string>(bin)])
      expect(existsSync(join(staged, path)), path).toBe(true);
  });
});

test('the tarball of the functions has every bundle ready-made, and asks for no bundler', () => {
  const staged = packages.find(({ manifest }) => manifest.name === '@pilotlight/functions')?.staged ?? '';
  for (const path of [
    'predict/index.mjs',
    'batch/index.mjs',
    'server/server.mjs',
    'web/index.mjs',
    'THIRD-PARTY-LICENSES.txt',
  ])
    expect(existsSync(join(staged, 'prebuilt', path)), path).toBe(true);
  expect(manifestIn(staged).dependencies).not.toHaveProperty('esbuild');
  expect(readFileSync(join(staged, 'prebuilt/THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(
    /^zod 4[\s\S]*^hono 4|^hono 4[\s\S]*^zod 4/m,
  );
});
