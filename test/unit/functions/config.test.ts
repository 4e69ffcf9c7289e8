import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../functions/shared/api/limits.ts';
import { readConfig } from '../../../functions/shared/config.ts';
import { engineOptions, limitsOf } from '../../../functions/shared/engine-options.ts';
import { intraOpThreads } from '../../../functions/shared/threads.ts';

describe('the configuration', () => {
  it('has a default for everything', () => {
    const config = readConfig({ PATH: '/bin', HOME: '/root' });
    expect(config.MODELS_DIR).toBe('/opt/models');
    expect(config.PRELOAD_MODELS).toEqual([]);
    expect(limitsOf(config)).toEqual(DEFAULT_LIMITS);
  });

  it('reads a list of models with and without versions', () => {
    const { PRELOAD_MODELS } = readConfig({ PRELOAD_MODELS: ' sentiment, intent@1.0.0 ,' });
    expect(PRELOAD_MODELS).toEqual(['sentiment', 'intent@1.0.0']);
  });

  it('gives the engine what the environment says of it', () => {
    const config = readConfig({
      MODELS_DIR: '/models',
      PILOTLIGHT_VARIANT: 'fp32',
      PILOTLIGHT_INTRA_OP_THREADS: '3',
      PILOTLIGHT_ALLOW_SPINNING: 'true',
      PILOTLIGHT_VERIFY: 'size',
      PILOTLIGHT_MEMORY_BUDGET_BYTES: '1000000',
    });
    expect(engineOptions(config)).toEqual({
      packages: '/models',
      variant: 'fp32',
      intraOpThreads: 3,
      allowSpinning: true,
      verify: 'size',
      memoryBudgetBytes: 1_000_000,
    });
  });

  it.each([
    ['/opt/models', 'size'],
    ['/tmp/models', 'sha256'],
  ])('verifies packages in %s by %s', (folder, verify) => {
    expect(engineOptions(readConfig({ MODELS_DIR: folder }))).toMatchObject({ verify });
  });

  it.each([
    ['PRELOAD_MODELS', 'Sentiment!'],
    ['PRELOAD_MODELS', 'sentiment@latest'],
    ['PILOTLIGHT_MAX_BODY_BYTES', '2MB'],
    ['PILOTLIGHT_MAX_INPUTS', '0'],
    ['PILOTLIGHT_MAX_CONCURRENT_REQUESTS', '-1'],
    ['PILOTLIGHT_ALLOW_SPINNING', 'yes'],
    ['PILOTLIGHT_VERIFY', 'md5'],
  ])('refuses %s=%s by its name', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`${name}: must be`));
  });

  it('names every variable at fault at once', () => {
    expect(() => readConfig({ PILOTLIGHT_VERIFY: 'md5', PILOTLIGHT_MAX_INPUTS: 'x' })).toThrow(
      /PILOTLIGHT_VERIFY[\s\S]*PILOTLIGHT_MAX_INPUTS/,
    );
  });

  it.each([
    ['PRELOAD_MODEL', 'PRELOAD_MODELS'],
    ['PILOTLIGHT_MAX_INPUT', 'PILOTLIGHT_MAX_INPUTS'],
    ['PILOTLIGHT_VERFY', 'PILOTLIGHT_VERIFY'],
  ])('takes %s for a slip of the pen and asks for %s', (slip, meant) => {
    expect(() => readConfig({ [slip]: '1' })).toThrow(`${slip}: is not known. Did you mean ${meant}?`);
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
    await expect(packages.resolve({ name: 'reviews' })).resolves.toEqual({
      name: 'reviews',
      version: '1.0.0',
    });
  });

  it.each([
    ['{', 'must be JSON'],
    ['7', 'must be JSON'],
    [{ packages: [wanted] }, 'bucket'],
    [{ bucket: 'models', packages: [] }, 'packages'],
    [{ bucket: 'models', packages: [wanted, wanted] }, 'packages must not name a version twice'],
    [{ bucket: 'models', packages: [wanted], region: 'x' }, '"region"'],
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
    expect(() => configOf(remote)).toThrow(
      `PILOTLIGHT_REMOTE_PACKAGES: ${field}`.replace(': "', ': Unrecognized key: "'),
    );
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
