/** What `npm run pack` writes, looked at as npm and TypeScript will, without installing it. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, test } from 'vitest';
import { workspaces } from '../../cli/build/packages.ts';
import { asDeclaration } from '../../cli/build/stage.ts';
import { run } from '../e2e/command.ts';
import { INSTALL_MS, INSTALLS, packAll, REPOSITORY } from './world.ts';

test('a declaration imports its neighbours as JavaScript, and has no map that leads nowhere', () => {
  const written = "import type { A } from './a.ts';\nexport declare const b: import('../b.ts').B;\n//# sourceMappingURL=c.d.ts.map";
  expect(asDeclaration(written)).toBe(
    "import type { A } from './a.js';\nexport declare const b: import('../b.js').B;\n",
  );
});

describe.skipIf(!INSTALLS)('the tarballs', () => {
  let tarballs: readonly string[] = [];
  beforeAll(async () => {
    tarballs = await packAll();
  }, INSTALL_MS);

  test('are one for each package of the workspace, in one version', () => {
    expect(tarballs.length).toBe(workspaces().length);
    expect(new Set(workspaces().map(({ manifest }) => manifest.version)).size).toBe(1);
  });

  test.each(workspaces())('of $manifest.name passes publint', async ({ staged }) => {
    const { messages, pkg } = await publint({ pkgDir: staged, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test.each(workspaces())('of $manifest.name resolves with types wherever ES modules do', async ({ staged }) => {
    const attw = join(REPOSITORY, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { code, stdout } = await run([
      process.execPath,
      attw,
      '--pack',
      staged,
      '--profile',
      'esm-only',
      '--format',
      'json',
    ]);
    expect(code, stdout).toBe(0);
  });

  test.each(workspaces())('of $manifest.name has JavaScript, a licence, and no TypeScript source', ({ staged }) => {
    const files = globSync('**/*', { cwd: staged });
    expect(files.filter((path) => /(?<!\.d)\.ts$/.test(path) || path.includes('node_modules'))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'package.json', 'dist/index.js']));
    const { exports } = JSON.parse(readFileSync(join(staged, 'package.json'), 'utf8'));
    expect(Object.keys(exports).filter((key) => key.includes('*'))).toEqual([]);
  });

  test('of the functions has every bundle ready-made, and asks for no bundler', () => {
    const staged = workspaces().find(({ manifest }) => manifest.name === '@pilotlight/functions')?.staged ?? '';
    for (const path of ['predict/index.mjs', 'batch/index.mjs', 'server/server.mjs', 'THIRD-PARTY-LICENSES.txt'])
      expect(existsSync(join(staged, 'prebuilt', path)), path).toBe(true);
    const { dependencies } = JSON.parse(readFileSync(join(staged, 'package.json'), 'utf8'));
    expect(dependencies).not.toHaveProperty('esbuild');
    expect(readFileSync(join(staged, 'prebuilt/THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(/^zod 4[\s\S]*^hono 4|^hono 4[\s\S]*^zod 4/m);
  });
});
