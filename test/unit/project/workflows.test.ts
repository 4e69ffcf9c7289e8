/** The files that GitHub reads: whether they parse, call what is there, and may do no more than they need. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { findMutated, findTests, MEASURED } from '../../mutation/packages.ts';
import { projectFiles } from './tracked-files.ts';

const OURS = '.github/workflows';
/** What `pilotlight init` writes. */
const TEMPLATES = 'cli/templates/app/.github/workflows';

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
  environment: z.string().optional(),
  strategy: z.looseObject({ matrix: z.record(z.string(), z.array(z.unknown())) }).optional(),
  steps: z.array(step).min(1),
});
/** A job that is another workflow. */
const call = z.looseObject({
  uses: z.string(),
  permissions: permissions.optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const workflow = z.looseObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  jobs: z.record(z.string(), z.union([job, call])),
});

const scriptsOf = (manifest: string) =>
  z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync(manifest, 'utf8')))
    .scripts;
const read = (file: string, folder = OURS) => {
  const parsed = workflow.parse(parse(readFileSync(`${folder}/${file}`, 'utf8')));
  const jobs = Object.entries(parsed.jobs).flatMap(([name, one]) =>
    'steps' in one ? [[name, one as z.infer<typeof job>] as const] : [],
  );
  return { ...parsed, all: parsed.jobs, jobs: Object.fromEntries(jobs) };
};
const files = readdirSync(OURS);
const templates = readdirSync(TEMPLATES);
/** What a job may write, and why nothing less does. */
const MAY_WRITE: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml analyse': ['security-events'],
  'release.yml version': ['contents', 'pull-requests'],
  'release.yml publish': ['id-token'],
  'compare-models.yml comment': ['pull-requests'],
  'deploy.yml diff': ['id-token'],
  'deploy.yml comment': ['pull-requests'],
  'deploy.yml dev': ['id-token'],
  'deploy.yml prod': ['id-token'],
  'deploy-to.yml deploy': ['id-token'],
};

const yamlFiles = projectFiles().filter((file) => /(^|\/)\.github\/.*\.ya?ml$/.test(file));

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

it('the slices of a package have each of its files once, and about as many in each', () => {
  const slices = Array.from({ length: 10 }, (_, index) => findMutated('engine', `${index + 1}/10`));
  const all = projectFiles().filter((file) => /^layers\/engine\/src\/.*\.ts$/.test(file));
  expect(slices.flat().sort()).toEqual([...all].sort());
  for (const slice of slices) expect(slice.length).toBeGreaterThan(all.length / 20);
});

it('a mutation run can be narrowed to a folder or a file, and to tests', () => {
  expect(findMutated('engine', '')).toEqual(['layers/engine/src/**/*.ts']);
  expect(findMutated('engine', 'math')).toEqual(['layers/engine/src/math/**/*.ts']);
  expect(findMutated('engine', 'math/heap.ts')).toEqual(['layers/engine/src/math/heap.ts']);
  expect(findTests('engine', [])).toEqual(['test/unit/engine/**/*.test.ts']);
  expect(findTests('engine', ['test/unit/engine/math.test.ts'])).toEqual(['test/unit/engine/math.test.ts']);
});

describe.each([
  ...files.map((file) => [OURS, file, scriptsOf('package.json')] as const),
  ...templates.map((file) => [TEMPLATES, file, scriptsOf('cli/templates/app/package.json')] as const),
])('the workflow %s/%s', (folder, file, scripts) => {
  const { jobs, all, permissions: granted } = read(file, folder);
  const steps = Object.values(jobs).flatMap((found) => found.steps);

  it('gives its jobs a token that only reads the repository', () => {
    expect(granted).toEqual({ contents: 'read' });
  });

  it('lets a job write only where it is listed here', () => {
    for (const [name, { permissions: own = {} }] of Object.entries(all)) {
      const written = Object.keys(own).filter((scope) => own[scope] === 'write');
      expect(written, name).toEqual(MAY_WRITE[`${file} ${name}`] ?? []);
    }
  });

  it('calls only npm scripts that package.json has', () => {
    const called = steps.flatMap(({ run = '' }) =>
      [...run.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)].map(
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
    const uses = readFileSync(`${folder}/${file}`, 'utf8')
      .split('\n')
      .filter((line) => /\buses: (?!\.\/)/.test(line));
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

it('a workflow calls only workflows that are beside it', () => {
  const called = templates.flatMap((file) =>
    Object.values(read(file, TEMPLATES).all).flatMap((one) => ('uses' in one ? String(one.uses) : [])),
  );
  expect(called.length).toBeGreaterThan(2);
  expect(called.filter((uses) => !templates.includes(uses.replace('./.github/workflows/', '')))).toEqual([]);
});

describe('the pipeline of an app', () => {
  const { all, jobs } = read('deploy.yml', TEMPLATES);
  const { deploy } = read('deploy-to.yml', TEMPLATES).jobs;
  const commands = (one = deploy) => one?.steps.map(({ run = '' }) => run).join('\n') ?? '';

  it('tests, deploys to dev, has its goldens answered, and promotes to prod, one after the other', () => {
    expect([all.dev?.needs, all.prod?.needs]).toEqual(['test', 'dev']);
    expect([all.dev?.with, all.prod?.with]).toEqual([{ environment: 'dev' }, { environment: 'prod' }]);
    expect(commands()).toMatch(
      /npm run deploy -- .*--require-approval never[\s\S]*npm run verify -- --function/,
    );
  });

  it('deploys by the role of the environment, for which its protection rules hold', () => {
    expect(deploy?.environment).toMatch(/^\$\{\{ inputs\.environment \}\}$/);
    const credentials = deploy?.steps.find(({ uses }) => uses?.startsWith('aws-actions/'));
    expect(credentials?.with['role-to-assume']).toMatch(/^\$\{\{ vars\.AWS_ROLE_ARN \}\}$/);
    const seconds = Number(credentials?.with['role-duration-seconds']);
    expect(60 * Number(deploy?.['timeout-minutes'])).toBeLessThanOrEqual(seconds);
  });

  it('lets no job that runs a pull request write, and no job that writes a comment run it', () => {
    expect(commands(jobs.diff)).toContain('npm ci');
    expect(commands(jobs.diff)).toContain('--method=template');
    expect(jobs.comment?.steps.some(({ uses }) => uses?.startsWith('actions/checkout@'))).toBe(false);
    expect(commands(jobs.comment)).not.toMatch(/\bnpm\b|\bnpx\b|\bnode\b/);
  });

  it('becomes that of a clone by the replacements of docs/how-to/pipelines.md', () => {
    const page = readFileSync('docs/how-to/pipelines.md', 'utf8');
    const sed = /^sed .*$/m.exec(page)?.[0] ?? '';
    const edited = execFileSync(
      'bash',
      ['-c', sed.replace(/ -i /, ' ').replaceAll(/\.github\/workflows\//g, `${TEMPLATES}/`)],
      {
        encoding: 'utf8',
      },
    );
    const called = [...edited.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(
      ([, script = '']) => script,
    );
    expect(new Set(called)).toEqual(new Set(['diff', 'deploy', 'models']));
    expect(called.filter((script) => !(script in scriptsOf('package.json')))).toEqual([]);
    expect(edited.match(/-c team=acme -c "?env=/g)).toHaveLength(2);
    expect(edited).not.toContain('npm ci');
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
