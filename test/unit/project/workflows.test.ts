/** The files that GitHub reads: whether they parse, call what is there, and may do no more than they need. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { findMutated, findTests, MEASURED } from '../../mutation/packages.ts';
import { projectFiles } from './tracked-files.ts';

const WORKFLOWS = '.github/workflows';

const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const job = z.looseObject({
  'runs-on': z.string(),
  'timeout-minutes': z.number().int().positive(),
  permissions: permissions.optional(),
  strategy: z.looseObject({ matrix: z.record(z.string(), z.array(z.unknown())) }).optional(),
  steps: z.array(step).min(1),
});
const workflow = z.looseObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  jobs: z.record(z.string(), job),
});

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));
const read = (file: string) => workflow.parse(parse(readFileSync(`${WORKFLOWS}/${file}`, 'utf8')));
const files = readdirSync(WORKFLOWS);
/** What a job may write, and why nothing less does. */
const MAY_WRITE: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml analyse': ['security-events'],
  'release.yml version': ['contents', 'pull-requests'],
  'release.yml publish': ['id-token'],
};

const yamlFiles = projectFiles().filter((file) => /^\.github\/.*\.ya?ml$/.test(file));

it.each(yamlFiles)('the file %s is YAML without errors, warnings or keys that stand twice', (file) => {
  const { errors, warnings } = parseDocument(readFileSync(file, 'utf8'));
  expect([...errors, ...warnings]).toEqual([]);
});

it('there are workflows for CI, the nightly runs, releases and CodeQL', () => {
  expect(files.sort()).toEqual(['ci.yml', 'codeql.yml', 'nightly.yml', 'release.yml']);
});

it('CI runs npm test on x64 and on arm64', () => {
  const { test } = read('ci.yml').jobs;
  expect(test?.strategy?.matrix).toEqual({ runner: ['ubuntu-24.04', 'ubuntu-24.04-arm'] });
  expect(test?.['runs-on']).toMatch(/^\$\{\{ matrix\.runner \}\}$/);
  expect(test?.steps.map(({ run }) => run)).toContain('npm test');
});

it('the nightly workflow mutates every package that is measured, and no other', () => {
  const { mutation } = read('nightly.yml').jobs;
  expect(mutation?.strategy?.matrix).toEqual({ package: Object.keys(MEASURED) });
});

it.each(Object.entries(MEASURED))('the mutation of %s changes sources that are there', (_, { sources }) => {
  expect(projectFiles().filter((file) => file.startsWith(`${sources}/`))).not.toEqual([]);
});

it('a mutation run can be narrowed to a folder or a file, and to tests', () => {
  expect(findMutated('engine', '')).toEqual(['layers/engine/src/**/*.ts']);
  expect(findMutated('engine', 'math')).toEqual(['layers/engine/src/math/**/*.ts']);
  expect(findMutated('engine', 'math/heap.ts')).toEqual(['layers/engine/src/math/heap.ts']);
  expect(findTests('engine', [])).toEqual(['test/unit/engine/**/*.test.ts']);
  expect(findTests('engine', ['test/unit/engine/math.test.ts'])).toEqual(['test/unit/engine/math.test.ts']);
});

describe.each(files)('the workflow %s', (file) => {
  const { jobs, permissions: granted } = read(file);
  const steps = Object.values(jobs).flatMap((found) => found.steps);

  it('gives its jobs a token that only reads the repository', () => {
    expect(granted).toEqual({ contents: 'read' });
  });

  it('lets a job write only where it is listed here', () => {
    for (const [name, { permissions: own = {} }] of Object.entries(jobs)) {
      const written = Object.keys(own).filter((scope) => own[scope] === 'write');
      expect(written, name).toEqual(MAY_WRITE[`${file} ${name}`] ?? []);
    }
  });

  it('calls only npm scripts that package.json has', () => {
    const called = steps.flatMap(({ run = '' }) =>
      [...run.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].map(
        ([, script, short]) => script ?? short ?? '',
      ),
    );
    expect(called.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('pins each action by the SHA of a commit', () => {
    const loose = steps.flatMap(({ uses = '@' }) =>
      /^@$|^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/.test(uses) ? [] : uses,
    );
    expect(loose).toEqual([]);
  });

  it('says beside each SHA which release it is', () => {
    const uses = readFileSync(`${WORKFLOWS}/${file}`, 'utf8')
      .split('\n')
      .filter((line) => /\buses:/.test(line));
    expect(uses.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it('leaves no credentials behind a checkout', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const { with: options } of checkouts) expect(options['persist-credentials']).toBe(false);
  });

  it('puts nothing that a stranger wrote into a shell', () => {
    const interpolated = steps.flatMap(({ run = '' }) => run.match(/\$\{\{[^}]*\}\}/g) ?? []);
    expect(interpolated.filter((expression) => !/^\$\{\{ matrix\./.test(expression))).toEqual([]);
  });
});

it('only the job that publishes may ask for a token of npm, and it installs and runs nothing of ours', () => {
  const { publish } = read('release.yml').jobs;
  const commands = publish?.steps.flatMap(({ run }) => run ?? []) ?? [];
  expect(commands).toHaveLength(1);
  expect(commands[0]).not.toMatch(/npm (ci|install|run|test)|node /);
  expect(commands[0]).toContain('--ignore-scripts');
});

it('.nvmrc, the devcontainer and the development dependency ask for the same major version of Node', () => {
  const { devDependencies } = z
    .object({ devDependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const major = devDependencies.node.split('.')[0] ?? '';
  expect(readFileSync('.nvmrc', 'utf8')).toBe(`${major}\n`);
  expect(readFileSync('.devcontainer/devcontainer.json', 'utf8')).toContain(`typescript-node:${major}-`);
});
