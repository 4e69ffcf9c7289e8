/** `pilotlight init`: the app that it writes, in the repository and as somebody without a clone gets it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { node, run } from '../e2e/command.ts';
import { withService } from './service.ts';
import { COMPILER, INSTALL_MS, INSTALLS, install, pathWith, REPOSITORY, tarballs } from './world.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-init-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const CLI = join(REPOSITORY, 'cli/src/main.ts');
const init = (...args: readonly string[]) => run([...node(CLI), 'init', ...args], { cwd: scratch });
const read = (path: string) => readFileSync(join(scratch, path), 'utf8');

describe('pilotlight init', () => {
  test('writes an app with a configuration, a model, a test and workflows, and says what comes next', async () => {
    const { code, stdout, stderr } = await init('my-nlp');
    expect(code, stderr).toBe(0);
    const files = [
      '.github/workflows/ci.yml',
      '.github/workflows/compare-models.yml',
      '.github/workflows/deploy-to.yml',
      '.github/workflows/deploy.yml',
      '.gitignore',
      '.npmrc',
      'app.ts',
      'cdk.json',
      'config.ts',
      'package.json',
    ];
    for (const file of [...files, 'test/app.test.ts', 'models/sentiment/1.0.1/model.json']) {
      expect(existsSync(join(scratch, 'my-nlp', file)), file).toBe(true);
    }
    for (const file of files) expect(stdout).toContain(`my-nlp/${file}\n`);
    expect(stdout).toMatch(/cd my-nlp\n {2}npm install\n {2}npm start\n$/);
    expect(read('my-nlp/app.ts')).toContain('new Stack(app, `MyNlp-');
    for (const file of files) expect(read(`my-nlp/${file}`)).not.toMatch(/(?<!\$)\{\{/);
  });

  test('writes an app that asks for the versions that it is tested with', () => {
    const { version, devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
    const app = JSON.parse(read('my-nlp/package.json'));
    expect({ ...app.dependencies, ...app.devDependencies }).toEqual({
      '@pilotlight/constructs': version,
      pilotlight: version,
      'aws-cdk-lib': devDependencies['aws-cdk-lib'],
      constructs: devDependencies.constructs,
      'aws-cdk': devDependencies['aws-cdk'],
    });
  });

  test('writes an app that the compiler accepts and whose own test passes', async () => {
    const folder = join(scratch, 'my-nlp');
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    const compilerOptions = { composite: false, incremental: false, noEmit: true };
    const types = { typeRoots: [join(REPOSITORY, 'node_modules/@types')] };
    writeFileSync(
      join(scratch, 'tsconfig.json'),
      JSON.stringify({
        extends: join(REPOSITORY, 'tsconfig.base.json'),
        compilerOptions: { ...compilerOptions, ...types },
        files: ['my-nlp/app.ts', 'my-nlp/test/app.test.ts'],
      }),
    );
    const compiled = await run(node(COMPILER, '-p', scratch));
    const tested = await run([process.execPath, '--test'], { cwd: folder });
    const config = read('my-nlp/config.ts');
    writeFileSync(join(folder, 'config.ts'), config.replace('undefined as string | undefined', "'acme/nlp'"));
    const env = { CDK_OUTDIR: join(scratch, 'prod'), CDK_CONTEXT_JSON: '{"env":"prod"}' };
    const withPipeline = await run(node('app.ts'), { cwd: folder, env });
    writeFileSync(join(folder, 'config.ts'), config);
    rmSync(join(folder, 'node_modules'));
    expect(withPipeline.code, withPipeline.stderr).toBe(0);
    expect(read('prod/MyNlp-prod.template.json')).toContain('repo:acme/nlp:environment:prod');
    expect(compiled.code, compiled.stdout).toBe(0);
    expect(tested.code, tested.stdout).toBe(0);
    expect(tested.stdout).toMatch(/pass 1\b/);
  }, 180_000);

  test('refuses a folder that has files, and a name that npm would refuse', async () => {
    expect(await init('my-nlp')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has files already'),
    });
    expect(await init('My NLP')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no name for an app'),
    });
    expect(await init()).toMatchObject({ code: 2, stderr: expect.stringContaining('Name one folder') });
  });

  test.skipIf(!INSTALLS)(
    'writes an app that installs from the tarballs, passes its test, is synthesised and served',
    async () => {
      const folder = join(scratch, 'my-nlp');
      const manifest = JSON.parse(read('my-nlp/package.json'));
      writeFileSync(
        join(folder, 'package.json'),
        JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, ...byName(tarballs()) } }),
      );
      await install(folder);
      const env = pathWith(process.execPath);
      for (const command of [['test'], ['run', 'synth']]) {
        const { code, stdout, stderr } = await run(['npm', ...command], { cwd: folder, env });
        expect(code, stdout + stderr).toBe(0);
      }
      expect(existsSync(join(folder, 'cdk.out/MyNlp-dev.template.json'))).toBe(true);
      await withService(
        [join(folder, 'node_modules/.bin/pilotlight'), 'start'],
        { cwd: folder, env },
        async (url) => {
          const answer = await fetch(`${url}/models/sentiment`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ inputs: 'I love this' }),
          });
          expect(await answer.json()).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
        },
      );
    },
    INSTALL_MS,
  );
});

/** Every package of ours by its tarball, those too that another one asks for, because none is in a registry. */
function byName(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    paths.map((path) => {
      const slug = /pilotlight-(?:([a-z-]+)-)?\d+\.\d+\.\d+\.tgz$/.exec(path)?.[1];
      return [slug === undefined ? 'pilotlight' : `@pilotlight/${slug}`, `file:${path}`];
    }),
  );
}
