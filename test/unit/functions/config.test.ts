import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { readConfig } from '../../../functions/app/src/settings/config.ts';
import {
  appOptions,
  basePackages,
  engineOptions,
  readLimits,
} from '../../../functions/app/src/settings/engine-options.ts';
import { intraOpThreads } from '../../../functions/app/src/settings/threads.ts';

describe('the configuration', () => {
  it('has a default for everything', () => {
    const config = readConfig({ PATH: '/bin', HOME: '/root' });
    expect(config.PILOTLIGHT_MODELS_DIR).toBe('/opt/models');
    expect(config.PILOTLIGHT_PRELOAD_MODELS).toEqual([]);
    expect(readLimits(config)).toEqual(DEFAULT_LIMITS);
  });

  it('reads a list of models with and without versions', () => {
    const { PILOTLIGHT_PRELOAD_MODELS } = readConfig({
      PILOTLIGHT_PRELOAD_MODELS: ' sentiment, intent@1.0.0 ,',
    });
    expect(PILOTLIGHT_PRELOAD_MODELS).toEqual(['sentiment', 'intent@1.0.0']);
  });

  it('compares files by sha256 where packages must be signed, below /opt/ too', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const PILOTLIGHT_SIGNED_BY of [spki, pem]) {
      const config = readConfig({ PILOTLIGHT_SIGNED_BY, PILOTLIGHT_VERIFY: 'size' });
      expect(engineOptions(config)).toMatchObject({ signedBy: [spki], verify: 'sha256' });
    }
  });

  it('refuses a key that is none, and does not repeat it', () => {
    const read = () => readConfig({ PILOTLIGHT_SIGNED_BY: 'TOPSECRET' });
    expect(read).toThrow(/PILOTLIGHT_SIGNED_BY: must be public keys/);
    expect(read).not.toThrow(/TOPSECRET/);
  });

  it('gives the engine what the environment says of it', () => {
    const config = readConfig({
      PILOTLIGHT_MODELS_DIR: '/models',
      PILOTLIGHT_VARIANT: 'fp32',
      PILOTLIGHT_INTRA_OP_THREADS: '3',
      PILOTLIGHT_ALLOW_SPINNING: 'true',
      PILOTLIGHT_VERIFY: 'size',
      PILOTLIGHT_MEMORY_BUDGET_BYTES: '1000000',
      PILOTLIGHT_GENERATION_SLOTS: '4',
      PILOTLIGHT_GENERATION_CACHE_MB: '250',
      PILOTLIGHT_GENERATION_PREFIX_MB: '100',
    });
    expect(engineOptions(config)).toEqual({
      packages: '/models',
      variant: 'fp32',
      intraOpThreads: 3,
      allowSpinning: true,
      verify: 'size',
      memoryBudgetBytes: 1_000_000,
      generationSlots: 4,
      generationCacheBytes: 250_000_000,
      generationPrefixBytes: 100_000_000,
      packing: 'later',
    });
  });

  it('leaves to the engine and the app what the environment does not say', () => {
    const config = readConfig({});
    const intraOpThreads = availableParallelism();
    expect(engineOptions(config)).toStrictEqual({
      packages: '/opt/models',
      intraOpThreads,
      packing: 'later',
      verify: 'size',
    });
    expect(appOptions(config)).toStrictEqual({ limits: DEFAULT_LIMITS });
  });

  it('gives the app what the environment says of it', () => {
    const config = readConfig({
      PILOTLIGHT_DEFAULT_MODEL: 'sentiment',
      PILOTLIGHT_OPENAI_TOKEN_IDS: 'false',
    });
    expect(appOptions(config)).toStrictEqual({
      limits: DEFAULT_LIMITS,
      defaultModel: 'sentiment',
      openAiTokenIds: false,
    });
  });

  it('keeps as many megabytes of answers as it says', () => {
    const config = readConfig({ PILOTLIGHT_ANSWER_CACHE_MB: '3' });
    expect(engineOptions(config)).toMatchObject({ answerCacheBytes: 3_000_000 });
  });

  it('takes 336 hours for a job, as long as SQS keeps messages', () => {
    const config = readConfig({ PILOTLIGHT_JOB_DEADLINE_HOURS: '336' });
    expect(config.PILOTLIGHT_JOB_DEADLINE_HOURS).toBe(336);
  });

  it('names the models of a registry', () => {
    const registry = { PILOTLIGHT_REGISTRY: 's3://models', PILOTLIGHT_REGISTRY_MODELS: 'sentiment, intent' };
    expect(readConfig(registry).PILOTLIGHT_REGISTRY_MODELS).toEqual(['sentiment', 'intent']);
  });

  it.each([
    [undefined, undefined, 'later'],
    ['on-demand', undefined, 'later'],
    ['provisioned-concurrency', undefined, 'first'],
    ['snap-start', undefined, 'first'],
    ['native-http', undefined, 'later'],
    ['provisioned-concurrency', 'later', 'later'],
    ['on-demand', 'never', 'never'],
  ])(
    'has weights of an environment that is made %s, with the setting %s, packed %s',
    (place, asked, packing) => {
      const config = readConfig({ AWS_LAMBDA_INITIALIZATION_TYPE: place, PILOTLIGHT_PACKING: asked });
      expect(engineOptions(config)).toMatchObject({ packing });
    },
  );

  it.each([
    ['/opt/models', 'size'],
    ['/tmp/models', 'sha256'],
  ])('verifies packages in %s by %s', (folder, verify) => {
    expect(engineOptions(readConfig({ PILOTLIGHT_MODELS_DIR: folder }))).toMatchObject({ verify });
  });

  it.each([
    ['PILOTLIGHT_PRELOAD_MODELS', 'Sentiment!'],
    ['PILOTLIGHT_PRELOAD_MODELS', 'sentiment@latest'],
    ['PILOTLIGHT_MAX_BODY_BYTES', '2MB'],
    ['PILOTLIGHT_MAX_INPUTS', '0'],
    ['PILOTLIGHT_MAX_CONCURRENT_REQUESTS', '-1'],
    ['PILOTLIGHT_ALLOW_SPINNING', 'yes'],
    ['PILOTLIGHT_VERIFY', 'md5'],
    ['PILOTLIGHT_PACKING', 'soon'],
    ['PILOTLIGHT_JOB_DEADLINE_HOURS', '337'],
  ])('refuses %s=%s by its name', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`${name}: must be`));
  });

  it('names every variable at fault at once', () => {
    const faults = [
      'PILOTLIGHT_VERIFY: must be sha256 or size',
      'PILOTLIGHT_MAX_INPUTS: must be a whole number above 0',
      'PILOTLIGHT_ORBITS_OF_MANY_PLANETS: is not known',
    ];
    const read = () =>
      readConfig({
        PILOTLIGHT_VERIFY: 'md5',
        PILOTLIGHT_MAX_INPUTS: 'x',
        PILOTLIGHT_ORBITS_OF_MANY_PLANETS: '9',
      });
    expect(read).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: `The environment is not valid:\n  ${faults.join('\n  ')}`,
        details: { faults },
      }),
    );
  });

  it.each([
    ['PILOTLIGHT_PRELOAD_MODEL', 'PILOTLIGHT_PRELOAD_MODELS'],
    ['PILOTLIGHT_MAX_INPUT', 'PILOTLIGHT_MAX_INPUTS'],
    ['PILOTLIGHT_VERFY', 'PILOTLIGHT_VERIFY'],
  ])('takes %s for a slip of the pen and asks for %s', (slip, meant) => {
    expect(() => readConfig({ [slip]: '1' })).toThrow(`${slip}: is not known. Did you mean ${meant}?`);
  });

  it('asks for nothing where a name has only the prefix in common with others', () => {
    expect(() => readConfig({ PILOTLIGHT_PLANETS: '8' })).toThrow(/PILOTLIGHT_PLANETS: is not known$/);
  });
});

describe('packages to fetch', () => {
  const wanted = {
    name: 'reviews',
    version: '1.0.0',
    manifestSha256: '0'.repeat(64),
    objects: { 'model.json': 'abc.json', 'int8/model.onnx': 'def.onnx' },
  };
  const configOf = (remote: unknown) =>
    readConfig({ PILOTLIGHT_REMOTE_PACKAGES: typeof remote === 'string' ? remote : JSON.stringify(remote) });

  it('stand beside the folder in one store', async () => {
    const remote = { bucket: 'models', packages: [wanted] };
    const { packages } = engineOptions(configOf(remote));
    if (typeof packages === 'string') throw new TypeError('a store was expected');
    const resolved = { name: 'reviews', version: '1.0.0' };
    await expect(packages.resolve({ name: 'reviews' })).resolves.toEqual(resolved);
    await expect(basePackages(configOf(remote)).resolve({ name: 'reviews' })).resolves.toEqual(resolved);
  });

  it('may be of several versions of one model', () => {
    const { PILOTLIGHT_REMOTE_PACKAGES } = configOf({
      bucket: 'models',
      packages: [wanted, { ...wanted, version: '1.1.0' }],
    });
    expect(PILOTLIGHT_REMOTE_PACKAGES?.packages.map(({ version }) => version)).toEqual(['1.0.0', '1.1.0']);
  });

  it.each(['sha256', 'size'] as const)(
    'stand beside a folder of which files are compared by %s, as the setting says, with and without them',
    async (verify) => {
      const folder = mkdtempSync(join(tmpdir(), 'pilotlight-settings-'));
      const from = 'model-assets/packages/sentiment/1.0.1/model.json';
      mkdirSync(join(folder, 'sentiment/1.0.1'), { recursive: true });
      cpSync(from, join(folder, 'sentiment/1.0.1/model.json'));
      const remote = JSON.stringify({ bucket: 'models', packages: [wanted] });
      for (const more of [{}, { PILOTLIGHT_REMOTE_PACKAGES: remote }]) {
        const config = readConfig({ PILOTLIGHT_MODELS_DIR: folder, PILOTLIGHT_VERIFY: verify, ...more });
        const opened = await basePackages(config).open({ name: 'sentiment', version: '1.0.1' });
        const verified = opened.verify({
          files: [{ path: 'int8/model.onnx', bytes: 1, sha256: '0'.repeat(64) }],
        });
        if (verify === 'size') await expect(verified).resolves.toBeUndefined();
        else await expect(verified).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
      }
      rmSync(folder, { recursive: true });
    },
  );

  it.each([
    ['{', 'must be JSON'],
    ['7', 'must be JSON'],
    [{ packages: [wanted] }, 'bucket'],
    [{ bucket: 'models', packages: [] }, 'packages'],
    [{ bucket: 'models', packages: [wanted, wanted] }, 'packages must not name a version twice'],
    [{ bucket: 'models', packages: [wanted], region: 'x' }, 'must not have the key "region"'],
    [
      { bucket: 'models', packages: [{ ...wanted, version: '1' }] },
      'packages.0.version must be a semantic version',
    ],
    [
      { bucket: 'models', packages: [{ ...wanted, manifestSha256: 'abc' }] },
      'packages.0.manifestSha256 must be',
    ],
    [
      { bucket: 'models', packages: [{ ...wanted, objects: {} }] },
      'packages.0.objects must have the key of model.json',
    ],
    [
      { bucket: 'models', packages: [{ ...wanted, objects: { ...wanted.objects, '../x': 'k' } }] },
      'packages.0.objects.../x',
    ],
  ])('are refused with the field at fault: %j', (remote, field) => {
    expect(() => configOf(remote)).toThrow(`PILOTLIGHT_REMOTE_PACKAGES: ${field}`);
  });
});

describe('the server and its jobs', () => {
  const wanted = { url: 'http://internal-gpu:80', models: { large: 'job', medium: 'cpu' } };
  const configOf = (container: unknown) =>
    readConfig({
      PILOTLIGHT_SERVER: typeof container === 'string' ? container : JSON.stringify(container),
    });

  it('are none by default', () => {
    const config = readConfig({});
    expect(config.PILOTLIGHT_SERVER).toBeUndefined();
    expect(config.PILOTLIGHT_JOB_QUEUE_URL).toBeUndefined();
    expect(config.PILOTLIGHT_JOB_PREFIX).toBe('jobs/');
  });

  it('are read with what becomes of a request while no container answers', () => {
    expect(configOf({ ...wanted, maxInferMs: 20_000 }).PILOTLIGHT_SERVER).toEqual({
      ...wanted,
      maxInferMs: 20_000,
      deadlineMs: 25_000,
      failuresToOpen: 3,
      coolDownMs: 10_000,
    });
  });

  it.each([
    ['{', 'must be JSON, an object with url and models'],
    ['7', 'must be JSON, an object with url and models'],
    [{ models: wanted.models }, 'url must be the URL of the server'],
    [{ ...wanted, url: 'internal-gpu:80' }, 'url must be an http or https URL'],
    [{ ...wanted, url: 'ftp://gpu' }, 'url must be an http or https URL'],
    [{ ...wanted, url: 'http://user:secret@gpu' }, 'url must be an http or https URL without user'],
    [{ ...wanted, url: 'http://user@gpu' }, 'url must be an http or https URL without user'],
    [{ ...wanted, url: 'http://:secret@gpu' }, 'url must be an http or https URL without user'],
    [
      { ...wanted, url: 'http://gpu/#a' },
      'url must be an http or https URL without user, query and fragment',
    ],
    [{ ...wanted, url: 'http://gpu/?a=b' }, 'url must be an http or https URL without user, query'],
    [{ url: wanted.url }, 'models must be names of models, each with job or cpu'],
    [{ ...wanted, models: {} }, 'models must name a model at least'],
    [{ ...wanted, models: { large: 'gpu' } }, 'models.large must be job or cpu'],
    [{ ...wanted, models: { 'large@1.0.0': 'job' } }, 'models must have names of models, without versions'],
    [
      { ...wanted, models: { ...wanted.models, 'large@1.0.0': 'job' } },
      'models must have names of models, without versions',
    ],
    [{ ...wanted, maxInferMs: 0 }, 'maxInferMs must be above 0'],
    [{ ...wanted, deadlineMs: 2.5 }, 'deadlineMs must be whole milliseconds'],
    [{ ...wanted, fallback: 'cpu' }, 'must not have the key "fallback"'],
  ])('are refused with the field at fault: %j', (container, fault) => {
    expect(() => configOf(container)).toThrow(`PILOTLIGHT_SERVER: ${fault}`);
  });

  it('may be reached over TLS', () => {
    expect(configOf({ ...wanted, url: 'https://gpu.example.com/nlp' }).PILOTLIGHT_SERVER).toMatchObject({
      url: 'https://gpu.example.com/nlp',
    });
  });

  it('are refused with every fault at once', () => {
    const wrong = { url: 'gpu', models: { large: 'gpu', medium: 'cpu' }, coolDownMs: -1 };
    expect(() => configOf(wrong)).toThrow(
      /: url must be.*\n.*: models\.large must be.*\n.*: coolDownMs must be/,
    );
  });

  it.each([
    [
      'PILOTLIGHT_JOB_QUEUE_URL',
      'http://127.0.0.1:9/0/jobs',
      'PILOTLIGHT_JOB_BUCKET: is missing, but the other one of PILOTLIGHT_JOB_QUEUE_URL and PILOTLIGHT_JOB_BUCKET is there',
    ],
    ['PILOTLIGHT_JOB_BUCKET', 'jobs', 'PILOTLIGHT_JOB_QUEUE_URL: is missing'],
    ['PILOTLIGHT_JOB_PREFIX', 'jobs', 'PILOTLIGHT_JOB_PREFIX: must end in a slash'],
    ['PILOTLIGHT_JOB_PREFIX', '/', 'PILOTLIGHT_JOB_PREFIX: must end in a slash'],
  ])('are refused where there is %s=%s alone', (name, value, fault) => {
    expect(() => readConfig({ [name]: value })).toThrow(fault);
  });
});

describe('quotas', () => {
  const read = (quotas: unknown) =>
    readConfig({ PILOTLIGHT_QUOTAS: typeof quotas === 'string' ? quotas : JSON.stringify(quotas) });

  it('have a table, and limits where there are some', () => {
    expect(read({ table: 'usage' }).PILOTLIGHT_QUOTAS).toEqual({ table: 'usage' });
    const quotas = { table: 'usage', requestsPerMinute: 1, tokensPerDay: 1_000_000 };
    expect(read(quotas).PILOTLIGHT_QUOTAS).toEqual(quotas);
  });

  it.each([
    ['{', 'must be JSON, an object with the name of a table'],
    ['"usage"', 'must be JSON, an object with the name of a table'],
    [{ table: '' }, 'table must be the name of a table'],
    [{ table: 'usage', requestsPerMinute: 0 }, 'requestsPerMinute must be above 0'],
    [{ table: 'usage', tokensPerDay: 1.5 }, 'tokensPerDay must be a whole number'],
    [{ table: 'usage', perHour: 1 }, 'must not have the key "perHour"'],
  ])('are refused with the field at fault: %j', (quotas, fault) => {
    expect(() => read(quotas)).toThrow(`PILOTLIGHT_QUOTAS: ${fault}`);
  });
});

describe('threads', () => {
  it.each([
    [128, 8, 1],
    [1769, 8, 1],
    [1770, 8, 2],
    [3538, 8, 2],
    [10240, 8, 6],
    [10240, 2, 2],
    [undefined, 4, 4],
  ])('for %s MB on %s cores are %s', (megabytes, cores, threads) => {
    expect(intraOpThreads(megabytes, cores)).toBe(threads);
  });
});
