import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  listDeployments,
  loadDeployment,
  parseConfig,
  refuseOtherAccount,
} from '../../../infra/constructs/src/app/config/load.ts';

const functions = { main: { models: ['sentiment'] } };
const parse = (config: unknown) => parseConfig(config, 'acme.prod.ts');

describe('a configuration', () => {
  test('gets every default', () => {
    const { functions, api, ...rest } = parse({ functions: { main: { models: ['sentiment'] } } });
    expect(functions.main).toEqual({
      models: ['sentiment'],
      packages: {},
      lambda: {
        architecture: 'arm64',
        memoryMegabytes: 1769,
        timeoutSeconds: 29,
        tracing: true,
        environment: {},
      },
      coldStart: { kind: 'none' },
      release: { alias: 'live' },
      responseStream: false,
    });
    expect(api.auth).toEqual({ kind: 'iam' });
    expect(rest).toMatchObject({
      removalPolicy: 'retain',
      terminationProtection: false,
      logRetentionDays: 30,
    });
  });

  test.each([
    [{ function: functions }, 'function is not known (did you mean functions?)'],
    [
      { functions: { main: { models: ['sentiment'], lambda: { memoryMegabyte: 512 } } } },
      'functions.main.lambda.memoryMegabyte is not known (did you mean memoryMegabytes?)',
    ],
    [
      { functions, api: { auth: { kind: 'jwt', issuer: 'https://x.y', audience: ['a'], isuer: 1 } } },
      'api.auth.isuer is not known where kind is jwt (did you mean issuer?)',
    ],
    [
      { functions, api: { throttle: { ratePerSeconds: 3 } } },
      'api.throttle.ratePerSeconds is not known (did you mean ratePerSecond?)',
    ],
    [
      {
        functions: {
          main: {
            models: ['sentiment'],
            coldStart: {
              kind: 'provisioned',
              count: 1,
              schedules: { windows: [{ from: '08:00', to: '18:00', min: 2, mx: 3 }] },
            },
          },
        },
      },
      'functions.main.coldStart.schedules.windows[0].mx is not known (did you mean max?)',
    ],
  ])('with an unknown key is refused with the nearest one: %#', (config, sentence) => {
    expect(() => parse(config)).toThrow(`acme.prod.ts: ${sentence}`);
  });

  test('divides functions by what runs them', () => {
    const web = { compute: 'web', models: ['intent'] };
    const { functions, webFunctions } = parse({ functions: { main: { models: ['sentiment'] }, web } });
    expect(Object.keys(functions)).toEqual(['main']);
    expect(webFunctions).toEqual({
      web: {
        models: ['intent'],
        packages: {},
        web: { timeoutSeconds: 30, maxConcurrencyPerEnvironment: 64, environment: {} },
        auth: { kind: 'iam' },
        release: { goldens: true, toleratedDrift: 1 },
      },
    });
  });

  test('may serve a model in a function and in a web function, so that callers can move', () => {
    const web = { compute: 'web', models: ['sentiment'] };
    expect(() => parse({ functions: { main: { models: ['sentiment'] }, web } })).not.toThrow();
  });

  test.each([
    ['lambda', { memoryMegabytes: 1024 }],
    ['coldStart', { kind: 'provisioned', count: 1 }],
  ])('with %s on a web function is refused, because a web function has none', (field, value) => {
    const functions = { web: { compute: 'web', models: ['intent'], [field]: value } };
    expect(() => parse({ functions })).toThrow(
      `acme.prod.ts: functions.web.${field} is not known where compute is web`,
    );
  });

  test.each([
    ...['10.0.0.0/8', '10.0.0.0/27', '999.0.0.0/22', '10.0.0/22'].map((cidr): [object, string] => [
      { functions, server: { models: { intent: 'job' }, network: { kind: 'nat', cidr } } },
      'server.network.cidr must be a range from /16 to /26, such as 10.97.0.0/22',
    ]),
    [
      { functions, server: { models: { intent: 'job' }, network: { kind: 'nat', cidr: '10.0.0.0/25' } } },
      'server.network.cidr must have room for subnets of 32 addresses in each zone',
    ],
    [
      {
        functions,
        server: {
          models: { intent: 'job' },
          network: { kind: 'endpoints', cidr: '10.0.0.0/26', zones: ['a', 'b', 'c'] },
        },
      },
      'server.network.cidr must have room for subnets of 32 addresses in each zone',
    ],
    ...['a-b', '_X', 'X'].map((name): [object, string] => [
      { functions: { main: { models: ['sentiment'], lambda: { environment: { [name]: '1' } } } } },
      `functions.main.lambda.environment.${name} must be a name of two or more letters`,
    ]),
    ...['AWS_REGION', 'AWS_LAMBDA_FUNCTION_NAME', 'LAMBDA_TASK_ROOT'].map((name): [object, string] => [
      { functions: { main: { models: ['sentiment'], lambda: { environment: { [name]: '1' } } } } },
      `functions.main.lambda.environment.${name} must not be a variable that Lambda sets itself`,
    ]),
    [
      {
        functions: {
          'a-b': { compute: 'web', models: ['sentiment'] },
          ab: { compute: 'web', models: ['intent'] },
        },
      },
      'functions.ab must differ from a-b by more than -',
    ],
    [{ functions, tags: { 'aws:owner': 'nlp' } }, /tags\.aws:owner must be 1 to 128 .+ not begin with aws:/],
    [{ functions, tags: { owner: 'a<b' } }, 'tags.owner must be at most 256 of letters'],
    [{ functions, tags: { Team: 'nlp' } }, 'tags must not differ in case alone'],
    [
      { functions, permissionsBoundary: 'arn:aws:iam::111122223333:policy/boundary' },
      'permissionsBoundary must be the name of a managed policy, and not its ARN',
    ],
    [
      {
        removalPolicy: 'destroy',
        functions: {
          main: {
            compute: 'web',
            models: ['sentiment'],
            release: { previous: { revisionId: 'rev-1', weight: 10 } },
          },
        },
      },
      'functions.main.release.previous needs removalPolicy retain',
    ],
    [
      { functions, server: { models: { intent: 'job' }, network: { kind: 'nat', zones: ['a'] } } },
      'server.network.zones must name two zones at least',
    ],
    [
      { functions, server: { models: { intent: 'job' }, network: { kind: 'nat', zones: ['a', 'a'] } } },
      'server.network.zones must name a zone once',
    ],
    [
      {
        functions,
        server: {
          models: { intent: 'job' },
          network: { kind: 'given', vpcId: 'vpc-1', subnets: { a: 'subnet-1' } },
        },
      },
      'server.network.subnets must have two zones at least',
    ],
    [
      {
        functions,
        server: {
          models: { intent: 'job' },
          network: { kind: 'given', vpcId: 'eni-1', subnets: { a: 'subnet-1', b: 'subnet-2' } },
        },
      },
      'server.network.vpcId must be the id of a VPC such as vpc-0a1b2c3d',
    ],
    [{ functions, account: '1234' }, 'account must be the 12 digits of an AWS account'],
    [{ functions, region: 'Frankfurt' }, 'region must be an AWS region such as eu-central-1'],
    [{ functions, logRetentionDays: 31 }, 'logRetentionDays must be a retention of CloudWatch Logs'],
    [{ functions, region: 'eu-central' }, 'region must be an AWS region such as eu-central-1'],
    [{ functions: {} }, 'functions must have one function at least'],
    [{ functions: { main: { models: [] } } }, 'functions.main.models must name one model at least'],
    [{ functions: { main: { models: ['a b'] } } }, 'functions.main.models[0] must be the name of a model'],
    [{ functions: { Main: { models: ['sentiment'] } } }, 'functions.Main must be 1 to 31 of a-z 0-9 -'],
    [
      {
        functions: { main: { models: ['sentiment'], coldStart: { kind: 'provisioned', count: 1, max: 3 } } },
      },
      'functions.main.coldStart needs either count, or min and max',
    ],
    [
      { functions: { main: { models: ['sentiment'], coldStart: { kind: 'warm' } } } },
      'functions.main.coldStart.kind must be provisioned, warmup, snapstart-image or none',
    ],
    [{ functions, api: { auth: { kind: 'none' } } }, 'api.auth.reason is missing'],
    [undefined, 'its default export is missing'],
    [
      { functions: { main: { models: ['intent'] }, other: { models: ['intent@1.0.1'] } } },
      'functions.other.models must not name intent, which main serves',
    ],
    [
      { functions, server: { models: { large: 'cpu' } } },
      "server.models.large must be a model of a function too, because the fallback 'cpu' is that this function answers",
    ],
    [
      { functions, server: { models: { large: 'job', 'large@1.0.0': 'job' } } },
      'server.models.large@1.0.0 must be named once',
    ],
    [
      { functions, server: { models: { large: 'job' }, jobs: { resultExpirationDays: 3 } } },
      'server.jobs.resultExpirationDays must be 4 or more: a job that is not done has failed after 72 hours',
    ],
    [
      {
        functions,
        server: {
          models: { large: 'job' },
          jobs: { resultExpirationDays: 1 },
          task: { environment: { PILOTLIGHT_JOB_DEADLINE_HOURS: '24' } },
        },
      },
      'server.jobs.resultExpirationDays must be 2 or more: a job that is not done has failed after 24 hours',
    ],
    [
      {
        functions: {
          a: { models: ['intent'], lambda: { reservedConcurrency: 200 } },
          b: { models: ['sentiment'], coldStart: { kind: 'provisioned', min: 1, max: 30 } },
        },
        upload: { models: ['slots'], queue: { maxConcurrency: 20 }, distributed: { maxConcurrency: 700 } },
      },
      'accountConcurrency must be 1050 or more: 200 for a, 30 for b, 720 for upload, 100 for functions that reserve none. Set it to the quota',
    ],
    [
      { functions, accountConcurrency: 10, upload: { models: ['slots'] } },
      'accountConcurrency must be 11 or more: 11 for functions that reserve none, of which upload takes 10. Set it',
    ],
    [
      { functions: { web: { compute: 'wbe', models: ['intent'] } } },
      'functions.web.compute must be function or web (did you mean web?)',
    ],
    [
      { functions: { web: { compute: 'web', models: ['intent'], web: { timeoutSecond: 9 } } } },
      'functions.web.web.timeoutSecond is not known (did you mean timeoutSeconds?)',
    ],
    [
      { functions: { web: { compute: 'web', models: ['intent'], release: { canary: {} } } } },
      'functions.web.release.canary is not known',
    ],
    [
      { functions: { web: { compute: 'web', models: ['intent'], packages: { placement: 's3' } } } },
      'functions.web.packages.placement is not known',
    ],
    [
      { functions: { web: { compute: 'web', models: ['intent'], auth: { kind: 'jwt' } } } },
      'functions.web.auth.kind must be iam, api-key or none',
    ],
    [
      { functions: { web: { compute: 'web', models: ['intent'] } }, server: { models: { large: 'job' } } },
      'server needs a function whose compute is function: it hands requests over to the server',
    ],
    [
      { functions: { web: { compute: 'web', models: ['intent'] } }, api: { defaultFunction: 'web' } },
      'api.defaultFunction must be one of functions',
    ],
    [{ functions, server: { models: {} } }, 'server.models must name one model at least'],
    [{ functions, server: { models: { 'a b': 'job' } } }, 'server.models.a b must be the name of a model'],
    [{ functions, server: { models: { large: 'wait' } } }, 'server.models.large must be one of job, cpu'],
    [
      { functions, api: { defaultFunction: 'mian' } },
      'api.defaultFunction must be one of functions (did you mean main?)',
    ],
    [{ functions, api: { defaultFunction: 'other' } }, /api\.defaultFunction must be one of functions\.$/m],
  ])('is refused by the field: %#', (config, sentence) => {
    expect(() => parse(config)).toThrow(sentence);
  });

  test.each(['eu-central-1', 'us-gov-west-1', 'cn-northwest-1', 'eusc-de-east-1', 'us-isob-east-1'])(
    'may be for the region %s',
    (region) => {
      expect(parse({ functions, region }).region).toBe(region);
    },
  );

  test('has all its problems in one line', () => {
    const wrong = {
      account: '1',
      regin: 'eu-central-1',
      functions: { main: { models: ['sentiment'], lambda: { memoryMegabytes: 64 } } },
    };
    expect(() => parse(wrong)).toThrow(
      /^acme\.prod\.ts: regin is not known[^\n]*; account must [^\n]*; functions\.main\.lambda\.memoryMegabytes must be at least 128\.$/,
    );
  });
});

describe('a deployment', () => {
  let folder: string;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pilotlight-config-'));
    write('acme.prod.ts', "export default { functions: { main: { models: ['intent'] } } };");
    write(
      'acme.dev.ts',
      "export default { functions: { main: { models: ['intent'] } }, account: '111122223333' };",
    );
    write('acme.broken.ts', 'export default {');
    write('schema.ts', '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is found by team and environment', async () => {
    const { team, env, config } = await loadDeployment({ team: 'acme', env: 'prod' }, folder);
    expect([team, env, config.functions.main?.models]).toEqual(['acme', 'prod', ['intent']]);
  });

  test.each([
    [
      { team: 'acme', env: 'prd' },
      'no configuration acme.prd (did you mean acme.prod?); there are acme.broken, acme.dev, acme.prod.',
    ],
    [
      { team: undefined, env: undefined },
      'Say which deployment is meant with -c team=TEAM -c env=ENV, to every command of the CDK; there are acme.broken, acme.dev, acme.prod.',
    ],
    [{ team: '..', env: 'prod' }, 'There is no configuration ...prod; there are'],
  ])('that does not exist is refused with those that do: %#', async (selection, sentence) => {
    await expect(loadDeployment(selection, folder)).rejects.toThrow(sentence);
  });

  test('is refused beside one that would have the same stacks', async () => {
    const config = 'export default { functions: { main: { models: ["intent"] } } };';
    for (const file of ['nlp.eu-prod.ts', 'nlp-eu.prod.ts']) write(file, config);
    const loading = loadDeployment({ team: 'nlp', env: 'eu-prod' }, folder);
    await expect(loading).rejects.toThrow(
      'nlp.eu-prod and nlp-eu.prod would both be the stacks pilotlight-nlp-eu-prod: rename the one that is not deployed.',
    );
    for (const file of ['nlp.eu-prod.ts', 'nlp-eu.prod.ts']) rmSync(join(folder, file));
  });

  test('whose file cannot be read is refused by the file', async () => {
    const loading = loadDeployment({ team: 'acme', env: 'broken' }, folder);
    await expect(loading).rejects.toThrow(/acme\.broken\.ts cannot be read: [^\n]+\.$/);
  });

  test('is refused with credentials of another account, and only then', async () => {
    const deployment = await loadDeployment({ team: 'acme', env: 'dev' }, folder);
    expect(() => refuseOtherAccount(deployment, '444455556666')).toThrow(
      'acme.dev is for account 111122223333, and the credentials are of account 444455556666',
    );
    expect(() => refuseOtherAccount(deployment, '444455556666')).toThrow(
      /--profile, or name 444455556666 in deployFrom/,
    );
    expect(() => refuseOtherAccount(deployment, '111122223333')).not.toThrow();
    expect(() => refuseOtherAccount(deployment, undefined)).not.toThrow();
  });

  test('of this repository is valid, each of them', async () => {
    const deployments = listDeployments('infra/config');
    expect(deployments).toContainEqual({ team: 'demo', env: 'dev' });
    for (const deployment of deployments)
      await expect(loadDeployment(deployment, 'infra/config')).resolves.toMatchObject(deployment);
  });
});
