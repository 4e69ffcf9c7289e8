/**
 * Every code block of every document is run. COVERED names the commands that cannot run here, each with the test that runs it. What takes
 * long (SLOW) is run where newcomers read it, and in all documents with PILOTLIGHT_TESTS=long, as in the nightly workflow.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packageGenerator } from '@pilotlight/toolchain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { writeLlama } from '../fixtures/generators.ts';
import { LONG } from '../scale.ts';
import { bash, node, run, type Service, startService } from './command.ts';
import { commandsOf, difference, documents, type Snippet, snippetsOf } from './snippets.ts';

const MANIFESTS = ['package.json', 'package-lock.json'];
const manifestsBefore = MANIFESTS.map((file) => readFileSync(file, 'utf8'));

/** Commands that another test runs, because they are heavy or would start this very run. */
const COVERED: readonly { command: RegExp; file: string; title: string }[] = [
  {
    command: /^npx pilotlight start$/,
    file: 'test/packages/stranger.test.ts',
    title: 'serves the models that come along with `npx pilotlight start`',
  },
  {
    command: /^npx pilotlight predict --model sentiment "[^"]+" --json$/,
    file: 'test/packages/stranger.test.ts',
    title: 'packages a checkpoint with the CLI and predicts with it on Node',
  },
  {
    command: /^npx pilotlight init my-nlp$/,
    file: 'test/packages/init.test.ts',
    title: 'writes an app with a configuration, a model, a test and workflows',
  },
  {
    command: /^npm install --ignore-scripts/,
    file: 'test/packages/stranger.test.ts',
    title: 'has fetched no CUDA library',
  },
  { command: /^npm start$/, file: 'test/e2e/start.test.ts', title: 'prints its address' },
  {
    command: /^npm start -- --lambda$/,
    file: 'test/e2e/lambda-start.test.ts',
    title: 'serves through the built function',
  },
  {
    command: /^npm start -- --api-keys /,
    file: 'test/e2e/start.test.ts',
    title: 'answers who has one, within its limits, and tells what it has used',
  },
  {
    command: /^npm start -- --web$/,
    file: 'test/e2e/lambda-start.test.ts',
    title: 'serves from zero through the built web function',
  },
  {
    command: /^npm (test|run fix|run check)$/,
    file: 'test/unit/project/scripts.test.ts',
    title: 'begins with the checks',
  },
  {
    command: /^npm (ci|rebuild) /,
    file: 'test/unit/infra/local/ensure-installed.test.ts',
    title: 'runs no install script',
  },
  { command: /^npx vitest run /, file: 'test/unit/project/scripts.test.ts', title: 'begins with the checks' },
  {
    command: /^curl .*localhost:8080\/jobs/,
    file: 'test/e2e/jobs.test.ts',
    title: 'a job is taken with 202',
  },
  {
    command: /^npm run models -- profile reviews/,
    file: 'test/e2e/models-profile.test.ts',
    title: 'measures each shape, tells stages and operators',
  },
  {
    command: /^npm run models -- diff reviews/,
    file: 'test/e2e/models-diff.test.ts',
    title: 'writes the comment of a pull request',
  },
  {
    command: /^npm run models -- fingerprint corpus/,
    file: 'test/e2e/models-diff.test.ts',
    title: 'prints short hashes of a package on a corpus',
  },
  {
    command: /^npm run models -- eval /,
    file: 'test/e2e/evaluate.test.ts',
    title: 'prints figures, slices, the mistake and gates, and writes a report that reads back',
  },
  {
    command: /^npm run models -- bench /,
    file: 'test/e2e/models-cli.test.ts',
    title: 'packages, lists, verifies and times',
  },
  {
    command: /^npm run models -- (push|pull|promote|require|rollback|history|gc) /,
    file: 'test/e2e/registry-cli.test.ts',
    title: 'a version goes in, becomes prod, is rolled back and pulled',
  },
  {
    command: /^npm run models -- reference /,
    file: 'test/e2e/drift.test.ts',
    title: 'records what the texts of a file are like',
  },
  {
    command: /^npm run models -- verify .* --function /,
    file: 'test/e2e/verify-functions.test.ts',
    title: 'a function that answers as its goldens say is proven',
  },
  {
    command: /^npm run (--silent )?models -- (sign |verify .* --signed-by )/,
    file: 'test/e2e/sign-cli.test.ts',
    title: 'a package that was signed is proven, and one that was not is refused',
  },
  {
    command: /^npm run models -- add .* --runtime transformers\.js /,
    file: 'test/e2e/pipelines.test.ts',
    title: 'is listed, and proven by the answers that it gave when it was packaged',
  },
  {
    command: /^npm run models -- add hf:/,
    file: 'test/e2e/models-from-the-hub.test.ts',
    title: 'a model of the hub becomes a package that names its commit and its licence',
  },
  {
    command: /^npm run models -- add \.\/flan-t5-small /,
    file: 'test/e2e/generation-cli.test.ts',
    title: 'add tells its stages and what it made',
  },
  {
    command: /^npm run predict -- --model (rewriter|chatter) /,
    file: 'test/e2e/generation-cli.test.ts',
    title: 'prints the text as it comes, which is the text that it prints as a whole',
  },
  {
    command: /^npm run (bootstrap|synth|diff|deploy|destroy) |^npx cdk bootstrap /,
    file: 'test/infra/app/commands.test.ts',
    title: 'a documented command',
  },
  {
    command: /^curl --aws-sigv4 /,
    file: 'test/infra/app/deployments.test.ts',
    title: 'the request of that output is the one that docs/how-to/deploy.md shows',
  },
  {
    command: /^npm run layers -- image /,
    file: 'test/unit/infra/local/layers/cli.test.ts',
    title: 'gives the sizes of models and server, and the command that builds what it wrote',
  },
  {
    command: /^npm run batch -- redrive /,
    file: 'test/e2e/batch-local.test.ts',
    title: 'redrive moves dead letters back',
  },
  {
    command: /^npm run batch /,
    file: 'test/e2e/batch-local.test.ts',
    title: 'predicts a file and says how it went',
  },
  {
    command: /^aws --endpoint-url /,
    file: 'test/e2e/batch-local.test.ts',
    title: 'predicts a file that the AWS command line copies',
  },
  {
    command: /^PILOTLIGHT_TESTS=long npx vitest run --project attack/,
    file: 'test/attack/batch.test.ts',
    title: 'however often its process is killed',
  },
  {
    command: /^npm run bench( |$)/,
    file: 'test/unit/bench/cli.test.ts',
    title: 'measures a tiny checkpoint from end to end',
  },
];

/** A block that packages a model or makes a CDK app, and the type check of all, take more than a minute on a busy machine. */
const BLOCK_LIMIT_MS = 240_000;

/** Packaging and building, each a process of seconds, the CDK, and local Lambda. */
const SLOW = /^npm run (models|layers|predict) |'(aws-cdk-lib|@pilotlight\/(constructs|local|toolchain))/m;
const FIRST_READ = /^(infra\/constructs\/)?README\.md:/;

const ENDPOINT = /(http:\/\/)?localhost:8080/g;
const snippets = documents().flatMap(snippetsOf);
const inLanguage = (language: string) => snippets.filter((snippet) => snippet.language === language);
const isRun = ({ place, code }: Snippet) => LONG || FIRST_READ.test(place) || !SLOW.test(code);
const runIn = (language: string) => inLanguage(language).filter(isRun);

let scratch: string;
let service: Service;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'pilotlight-docs-'));
  writeModels(scratch);
  const packages = await writePackages(scratch);
  service = await startService(
    node('cli/src/main.ts', 'start', '--packages', packages, '--port', '0', '--quiet'),
  );
});
afterAll(async () => {
  await service.end('SIGTERM');
  rmSync(scratch, { recursive: true });
});

/** The checkpoints and rows that the documents speak of. */
function writeModels(folder: string): void {
  const shape = SHAPES.tiny;
  const reviews = {
    family: 'bert',
    head: 'sequence-classification',
    labels: ['bad', 'good'],
    shape,
  } as const;
  const ner = {
    family: 'bert',
    head: 'token-classification',
    labels: ['O', 'B-PER', 'I-PER'],
    shape,
  } as const;
  writeCheckpoint(reviews, join(folder, 'my-checkpoint'));
  writeCheckpoint(ner, join(folder, 'ner'));
  cpSync('test/golden/lora/adapters/classifier', join(folder, 'my-adapter'), { recursive: true });
  writeCheckpoint({ family: 'bert', head: 'masked-lm', shape }, join(folder, 'my-base'));
  const row = { text: 'Ada wrote it', tokens: ['Ada', 'wrote', 'it'], tags: ['B-PER', 'O', 'O'] };
  writeFileSync(join(folder, 'test.jsonl'), `${JSON.stringify(row)}\n`);
}

/** The packages that the service has: those of the repository, and `chatter`, which snippets of the engine open in a folder of its own. */
async function writePackages(folder: string): Promise<string> {
  const served = join(folder, 'served');
  const packages = join(folder, 'packages');
  cpSync('model-assets/packages', served, { recursive: true });
  writeLlama(join(folder, 'llama'));
  await packageGenerator({
    source: join(folder, 'llama'),
    packages,
    name: 'chatter',
    version: '1.0.0',
    force: false,
  });
  cpSync(join(packages, 'chatter'), join(served, 'chatter'), { recursive: true });
  return served;
}

test('every code block is of a kind that is run', () => {
  const unknown = snippets.filter(
    ({ language }) => !['bash', 'ts', 'json', 'python', 'text'].includes(language),
  );
  expect(unknown.map(({ place, language }) => `${place} ${language}`)).toEqual([]);
});

describe('bash', () => {
  test.each(runIn('bash').map((snippet) => [snippet.place, snippet] as const))(
    '%s',
    async (_place, snippet) => {
      for (const command of commandsOf(snippet)) {
        const covering = COVERED.find((entry) => entry.command.test(command));
        if (covering) expect(readFileSync(covering.file, 'utf8')).toContain(covering.title);
        else await expectToRun(command, snippet);
      }
    },
    BLOCK_LIMIT_MS,
  );
});

async function expectToRun(command: string, snippet: Snippet): Promise<void> {
  const { code, stdout, stderr } = await bash(runnable(command, snippet));
  expect(code, `${snippet.place}: ${command}\n${stdout}${stderr}`).toBe(0);
  const following = snippets[snippets.indexOf(snippet) + 1];
  if (!command.startsWith('curl') || following?.language !== 'json' || !follows(following, snippet)) return;
  expect(difference(JSON.parse(following.code), JSON.parse(stdout)), following.place).toBeUndefined();
}

/** The command with this service's address, and what it would write in a folder of its own. */
function runnable(command: string, { place }: Snippet): string {
  const packages = join(scratch, 'packages', place.replace(/:.*/, ''));
  return command
    .replace(/^curl /, 'curl --silent --show-error --fail-with-body ')
    .replace(/^npm run /, 'npm run --silent ')
    .replaceAll(ENDPOINT, service.url)
    .replaceAll(/\.\/(?=my-checkpoint|my-adapter|my-base|ner\b)|\b(?=test\.jsonl)/g, `${scratch}/`)
    .replaceAll(/\bdist\//g, `${scratch}/`)
    .replace(/^(?=.*\b(?:reviews|ner)\b)(npm run .*? -- (?:add|verify)?)/, `$1 --packages ${packages} `);
}

/** The module with this service's address, and with its checkpoint and its packages in the folder of this test. */
const runnableModule = ({ code }: Snippet): string =>
  code
    .replaceAll(ENDPOINT, service.url)
    .replaceAll(/(?<=')\.\/(?=(?:my-checkpoint|packages)')/g, `${scratch}/`);

/** Whether a block is the answer of the one before: nothing but empty lines between them. */
function follows(after: Snippet, before: Snippet): boolean {
  const [file, line] = before.place.split(':');
  const end = Number(line) + before.code.split('\n').length;
  const [afterFile, afterLine] = after.place.split(':');
  return file === afterFile && Number(afterLine) - end <= 3;
}

describe('json', () => {
  test.each(inLanguage('json').map((snippet) => [snippet.place, snippet] as const))(
    '%s',
    (_place, { code }) => {
      expect(() => JSON.parse(code)).not.toThrow();
    },
  );
});

/** Python clients that a machine of this project need not have: a block that imports a missing one is only compiled. */
const PYTHON_CLIENTS = /^ModuleNotFoundError: No module named '(huggingface_hub|openai)'$/m;

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('python', () => {
  test.each(inLanguage('python').map((snippet) => [snippet.place, snippet] as const))(
    '%s',
    async (place, { code: text }) => {
      const file = join(scratch, `${place.replaceAll(/\W/g, '-')}.py`);
      writeFileSync(file, text.replaceAll(ENDPOINT, service.url));
      const { code, stderr } = await bash(`python3 ${file}`);
      if (!PYTHON_CLIENTS.test(stderr)) expect(code, stderr).toBe(0);
    },
  );
});

/** Imports modules one after the other in one process, and gives the error of each, '' where there is none. */
async function runTogether(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { stdout, stderr } = await run(node('test/e2e/import-each.ts', ...files));
  const lines: { file: string; error: string }[] = stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('{"file":') ? [JSON.parse(line)] : []));
  expect(
    lines.map(({ file }) => file),
    stderr,
  ).toEqual(files);
  return new Map(lines.map(({ file, error }) => [file, error]));
}

describe('ts', () => {
  const folder = resolve('dist/snippets');
  const files = inLanguage('ts').map((snippet, i) => ({ snippet, file: join(folder, `snippet-${i}.ts`) }));
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    // The declarations of the packages are those that `npm run typecheck` made, and are made here where they are not new.
    const {
      extends: base,
      compilerOptions,
      references,
    } = JSON.parse(readFileSync('test/tsconfig.json', 'utf8'));
    const project = {
      extends: `../${base}`,
      compilerOptions: { ...compilerOptions, tsBuildInfoFile: './tsbuildinfo' },
      include: ['*.ts'],
      references: references.map(({ path }: { path: string }) => ({ path: `../${path}` })),
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    for (const { snippet, file } of files) writeFileSync(file, runnableModule(snippet));
  });

  test(
    'all of them pass the type check',
    async () => {
      const tsc = resolve('node_modules/typescript-native/bin/tsc');
      const { code, stdout } = await run(node(tsc, '-b', folder));
      expect(
        code,
        `${stdout}\n${files.map(({ snippet, file }) => `${file}: ${snippet.place}`).join('\n')}`,
      ).toBe(0);
    },
    BLOCK_LIMIT_MS,
  );

  // The CDK takes seconds to load, so that apps of it share a process, each with an `App` of its own.
  const isApp = ({ code }: Snippet) => /'(aws-cdk-lib|@pilotlight\/constructs)/.test(code);
  const ran = files.filter(({ snippet }) => isRun(snippet));
  const apps = ran.filter(({ snippet }) => isApp(snippet));
  let runs: Promise<ReadonlyMap<string, string>> | undefined;

  test.each(ran.map(({ snippet, file }) => [snippet.place, snippet, file] as const))(
    '%s',
    async (_place, snippet, file) => {
      if (isApp(snippet)) {
        runs ??= runTogether(apps.map((app) => app.file));
        expect((await runs).get(file)).toBe('');
      } else {
        const { code, stderr } = await run(node(file));
        expect(code, stderr).toBe(0);
      }
    },
    2 * BLOCK_LIMIT_MS,
  );
});

test('no code block has changed the packages of this repository', () => {
  expect(MANIFESTS.map((file) => readFileSync(file, 'utf8'))).toEqual(manifestsBefore);
});
