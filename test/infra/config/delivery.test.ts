/** How a deployment gets to its account: from where, with which packages, how long it may take, and how the account is bootstrapped. */
import { expect, test } from 'vitest';
import { bootstrapOptions } from '../../../infra/constructs/src/app/bootstrap-options.ts';
import {
  defineDeployment,
  parseConfig,
  refuseOtherAccount,
} from '../../../infra/constructs/src/app/config/load.ts';

const functions = { main: { models: ['sentiment'] } };
const image = { repository: 'server', tag: '1.0.0' };
const sum = 'a'.repeat(64);
const packages = { from: 's3://acme-models/nlp', sha256: { 'sentiment@1.0.0': sum } };
const parse = (config: unknown) => parseConfig(config, 'acme.prod.ts');

test.each([
  [{ functions, deployFrom: ['999988887777'] }, 'deployFrom needs account, which is deployed to'],
  [
    { functions, account: '111122223333', deployFrom: ['111122223333'] },
    'deployFrom must not name account itself',
  ],
  [
    { functions, account: '111122223333', deployFrom: ['999'] },
    'deployFrom[0] must be the 12 digits of an AWS account',
  ],
  [
    { functions, packages: { ...packages, from: 'https://models.acme.example' } },
    'packages.from must be a bucket with or without a prefix, as in s3://acme-models/pilotlight',
  ],
  [
    { functions, region: 'us-east-1', encryptionKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/a' },
    'encryptionKeyArn must be of region us-east-1, where the deployment is, and not of eu-central-1',
  ],
  [
    {
      functions: {
        main: {
          compute: 'web',
          models: ['sentiment'],
          auth: {
            kind: 'api-key',
            secretArn: 'arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:a-a1B2c3',
          },
        },
      },
      region: 'cn-northwest-1',
    },
    'functions.main.auth.secretArn must be of region cn-northwest-1, where the deployment is, and not of cn-north-1',
  ],
  [{ functions, packages: { ...packages, sha256: {} } }, 'packages.sha256 must name one package at least'],
  [
    { functions, packages: { ...packages, sha256: { sentiment: sum } } },
    'packages.sha256.sentiment must be the name and version of a package, such as sentiment@1.0.0',
  ],
  [
    { functions, packages: { ...packages, sha256: { 'sentiment@1.0.0': 'abc' } } },
    'packages.sha256.sentiment@1.0.0 must be a sha256: 64 of 0-9 a-f',
  ],
  [
    { functions, packages: { ...packages, aliases: { sentiment: 'prod' } } },
    'packages.aliases.sentiment must be left out where packages.sha256 says which version it is',
  ],
  [
    { functions, packages: { from: packages.from, aliases: { sentiment: '1.0.0' } } },
    'packages.aliases.sentiment must be 1-32 of a-z 0-9 - that begin with a letter, such as prod',
  ],
  [
    {
      functions: { main: { models: ['sentiment@1.0.0'] } },
      packages: { from: packages.from, aliases: { sentiment: 'prod' } },
    },
    'functions.main.models must be packages of packages.sha256 or packages.aliases, which do not have sentiment@1.0.0',
  ],
  [
    { functions, packages, packagesFolder: 'models' },
    'packagesFolder must be left out where packages says what is fetched',
  ],
  [
    { functions: { main: { models: ['sentiment', 'intent'] } }, packages },
    'functions.main.models must be packages of packages.sha256 or packages.aliases, which do not have intent',
  ],
  [
    { functions: { main: { models: ['sentiment@1.0.1'] } }, packages },
    'functions.main.models must be packages of packages.sha256 or packages.aliases, which do not have sentiment@1.0.1',
  ],
  [
    { functions, packages, upload: { models: ['slots'] } },
    'upload.models must be packages of packages.sha256 or packages.aliases, which do not have slots',
  ],
  [
    { functions, packages, server: { models: { large: 'job' } } },
    'server.models must be packages of packages.sha256 or packages.aliases, which do not have large',
  ],
  [{ functions, pipeline: { repository: 'acme' } }, 'pipeline.repository must be OWNER/NAME of a repository'],
  [
    {
      functions: {
        main: {
          models: ['sentiment'],
          release: { canary: { traffic: 'linear-10-percent-every-10-minutes' } },
        },
      },
      pipeline: { repository: 'acme/nlp' },
    },
    'pipeline.sessionHours must be 2 or more, because traffic of function main moves for 100 minutes',
  ],
])('a configuration is refused by the field: %#', (config, sentence) => {
  expect(() => parse(config)).toThrow(sentence);
});

test.each([
  ['models in a folder of their own', { main: { models: ['own'], packages: { folder: 'models' } } }, {}],
  ['any version of a package', { main: { models: ['sentiment'] } }, {}],
  [
    'an image of the server that is pushed already',
    functions,
    { server: { models: { large: 'job' }, image } },
  ],
])('a configuration that fetches packages may have %s beside', (_what, functions, more) => {
  expect(() => parse({ functions, packages, ...more })).not.toThrow();
});

test.each(['My Team', 'x.y', '1a', ''])(
  'a deployment of team %j is refused, because stacks are named by it',
  (team) => {
    const define = () => defineDeployment({ team, env: 'prod', config: { functions } });
    expect(define).toThrow(
      `team ${JSON.stringify(team)} must begin with a letter and have a-z, 0-9 and - alone`,
    );
  },
);

test('a deployment may be made from the accounts that it names, and from no other', () => {
  const config = { account: '111122223333', deployFrom: ['999988887777'], functions };
  const deployment = defineDeployment({ team: 'acme', env: 'prod', config });
  expect(() => refuseOtherAccount(deployment, '999988887777')).not.toThrow();
  expect(() => refuseOtherAccount(deployment, '444455556666')).toThrow(
    'acme.prod is for account 111122223333',
  );
});

test.each([
  [{}, []],
  [{ account: '111122223333', region: 'eu-central-1' }, ['aws://111122223333/eu-central-1']],
  [{ account: '111122223333' }, []],
  [{ qualifier: 'acme' }, ['--qualifier', 'acme', '--toolkit-stack-name', 'CDKToolkit-acme']],
  [{ qualifier: 'hnb659fds' }, []],
  [{ permissionsBoundary: 'limits' }, ['--custom-permissions-boundary', 'limits']],
  [
    { account: '111122223333', deployFrom: ['999988887777', '444455556666'] },
    ['--trust', '999988887777', '--trust', '444455556666'],
  ],
])('an account with %j is bootstrapped with %j', (config, options) => {
  expect(bootstrapOptions(parse({ ...config, functions }))).toEqual(options);
});
