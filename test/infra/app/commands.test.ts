/** The commands of the documents that are the CDK's: they run up to the point where AWS would answer. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bash, node, run } from '../../e2e/command.ts';
import { commandsOf, documents, snippetsOf } from '../../e2e/snippets.ts';
import { LONG } from '../../scale.ts';
import { CONTEXT } from './deployments.ts';
import { NO_CREDENTIALS } from './no-credentials.ts';

const LIMIT_MS = 300_000;
const COMMAND = /^(?:npm run (bootstrap|synth|diff|deploy|destroy) |npx cdk (bootstrap) )/;
/** What the CDK says once it has the templates and wants to ask AWS. */
const ASKS_AWS = /no credentials have been configured|Unable to resolve AWS account to use/;

let folder: string;
beforeAll(() => {
  mkdirSync('dist', { recursive: true });
  folder = mkdtempSync(resolve('dist/commands-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const commands = new Set(
  documents()
    .flatMap(snippetsOf)
    .filter(({ language }) => language === 'bash')
    .flatMap(commandsOf)
    .filter((command) => COMMAND.test(command)),
);

const verbOf = (command: string): string | undefined => COMMAND.exec(command)?.slice(1).find(Boolean);

const VERBS = ['bootstrap', 'synth', 'diff', 'deploy', 'destroy'];
/** In `npm test` a synth and a deployment of what it has written. */
const VERBS_TRIED = LONG ? VERBS : ['synth', 'deploy'];
const tried = [...commands]
  .sort((a, b) => Number(verbOf(b) === 'synth') - Number(verbOf(a) === 'synth'))
  .filter(
    (command, place, all) =>
      LONG ||
      (VERBS_TRIED.includes(verbOf(command) ?? '') &&
        all.findIndex((other) => verbOf(other) === verbOf(command)) === place),
  );

describe('a documented command', () => {
  test.each(tried)(
    '%s',
    async (command) => {
      const verb = verbOf(command);
      const app = LONG || verb === 'synth' ? `--output ${folder}/${verb}` : `--app ${folder}/synth`;
      // Nobody is there to say yes.
      const answered = verb === 'destroy' ? `${command} --force` : command;
      const { code, stderr } = await bash(`${answered} ${app}`, { env: NO_CREDENTIALS });
      if (verb === 'synth') {
        expect(code, stderr).toBe(0);
        // It tells where the models go.
        expect(stderr).toMatch(/^function \w+$/m);
        expect(stderr).toMatch(/sentiment@\S+ int8 +\d\.\d MB +layer \d/);
      } else expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(ASKS_AWS) });
    },
    LIMIT_MS,
  );

  test('is there for each of the CDK: bootstrap, synth, diff, deploy and destroy', () => {
    expect(new Set([...commands].map(verbOf))).toEqual(new Set(VERBS));
  });
});

test('npm run bootstrap says what it calls: a stack of its own for the qualifier, and the boundary of the configuration', async () => {
  const { stderr } = await run(
    node('infra/bootstrap.ts', '--team', 'acme', '--env', 'prod', '--app', 'true'),
    {
      env: NO_CREDENTIALS,
    },
  );
  expect(stderr.split('\n', 1)[0]).toBe(
    'cdk bootstrap aws://111122223333/eu-central-1 --qualifier acme --toolkit-stack-name CDKToolkit-acme ' +
      '--custom-permissions-boundary acme-workload-boundary -c team=acme -c env=prod --app true',
  );
});

test('npm run bootstrap without a deployment says which there are', async () => {
  const { code, stderr } = await run(node('infra/bootstrap.ts'), { env: NO_CREDENTIALS });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^error: Say which deployment is meant .*there are .*demo\.dev.*\.\n$/),
  });
});

test(
  'pilotlight synth fails on a finding that nobody acknowledged, in a stage too',
  async () => {
    const app = join(folder, 'finding');
    mkdirSync(app);
    writeFileSync(join(app, 'cdk.json'), JSON.stringify({ app: 'node app.ts', notices: false }));
    writeFileSync(
      join(app, 'app.ts'),
      `import { App, Stack, Stage, Validations } from 'aws-cdk-lib';
      import { Bucket } from 'aws-cdk-lib/aws-s3';
      import { AwsSolutionsChecks } from 'cdk-nag';
      const app = new App({ builtinCloudFormationValidation: false });
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
      new Bucket(new Stack(new Stage(app, 'stage'), 'service'), 'Bucket');
      app.synth();`,
    );
    const { code, stdout, stderr } = await run(node(resolve('cli/src/main.ts'), 'synth'), {
      cwd: app,
      env: NO_CREDENTIALS,
    });
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('AwsSolutions-S10');
  },
  LIMIT_MS,
);

test('a synth for which the CDK could not look something up says where the answer is to come from', async () => {
  const key = 'availability-zones:account=111122223333:region=eu-central-1';
  const reason =
    'Need to perform AWS calls for account 111122223333, but no credentials have been configured';
  const context = { ...CONTEXT, team: 'acme', env: 'prod', [key]: { $providerError: `${reason}\nstack` } };
  const { code, stderr } = await run(node('infra/app.ts'), {
    env: { CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `error: ${key} cannot be looked up (${reason}): synthesise once with credentials of that account, and commit cdk.context.json, which then has the answer for everybody.\n`,
  });
});
