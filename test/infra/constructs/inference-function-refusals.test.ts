import { Lazy } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { checkMemory } from '../../../infra/constructs/src/function/model-function.ts';
import { placedFunction } from '../../../infra/constructs/src/function/placed-function.ts';
import { RemotePackages } from '../../../infra/constructs/src/function/remote-packages.ts';
import { InferenceFunction, type InferenceFunctionProps } from '../../../infra/constructs/src/index.ts';
import { describePackage, placeModels } from '../../../layers/builders/src/models/index.ts';
import { refusalOf, templateOf, testStack } from './template.ts';

const models = ['sentiment'];

function template(props: Partial<InferenceFunctionProps> = {}): Template {
  return templateOf((stack) => new InferenceFunction(stack, 'Function', { models, ...props }));
}

const refusal = (props: Partial<InferenceFunctionProps>) =>
  refusalOf(() => new InferenceFunction(testStack(), 'Function', { models, ...props }));

describe('the function refuses', () => {
  test.each<[string, Partial<InferenceFunctionProps>, string]>([
    ['no models', { models: [] }, 'Test/Function: models must name one model at least.'],
    [
      'what is no name of a model',
      { models: ['a b'] },
      'Test/Function: models[0] must be the name of a model, with or without a version, such as sentiment or sentiment@1.0.0.',
    ],
    [
      'memory that Lambda does not have',
      { lambda: { memoryMegabytes: 64 } },
      'Test/Function: lambda.memoryMegabytes must be at least 128.',
    ],
    [
      'a concurrency of 0',
      { lambda: { reservedConcurrency: 0 } },
      'Test/Function: lambda.reservedConcurrency must be at least 1.',
    ],
    [
      'a variable that it sets itself',
      { lambda: { environment: { PILOTLIGHT_VARIANT: 'fp32' } } },
      'lambda.environment has PILOTLIGHT_VARIANT, which the construct sets: use packages.variant instead.',
    ],
    [
      'a variable that the function does not know, with the nearest, and a value that it does not take',
      {
        lambda: {
          environment: { PILOTLIGHT_MAX_INPUT: '300', PILOTLIGHT_MAX_JSON_DEPTH: 'deep', OTHERS: 'any' },
        },
      },
      'environment is not valid: PILOTLIGHT_MAX_JSON_DEPTH: must be a whole number above 0; PILOTLIGHT_MAX_INPUT: is not known. Did you mean PILOTLIGHT_MAX_INPUTS?',
    ],
    [
      'an alias of digits',
      { release: { alias: '12' } },
      'Test/Function: release.alias must have letters, digits, - and _, and not digits alone.',
    ],
    [
      'an alias named $LATEST',
      { release: { alias: '$LATEST' } },
      'Test/Function: release.alias must have letters, digits, - and _, and not digits alone.',
    ],
  ])('%s', (_what, props, sentence) => {
    expect(refusal(props)).toEqual({ code: 'INVALID_PROPS', message: sentence });
  });

  test('a misspelt placement, with the nearest', () => {
    const misspelt = JSON.parse('{"packages": {"placement": "imagge"}}');
    expect(refusal(misspelt).message).toBe(
      'Test/Function: packages.placement must be one of layer, s3, image (did you mean image?).',
    );
  });

  test('a misspelt property, with the nearest', () => {
    const misspelt = JSON.parse('{"lambda": {"memoryMegabyte": 512}}');
    expect(refusal(misspelt)).toEqual({
      code: 'INVALID_PROPS',
      message: 'Test/Function: lambda.memoryMegabyte is not known (did you mean memoryMegabytes?).',
    });
  });

  test('a model that is not there, by name and with those that are', () => {
    expect(() => template({ models: ['sentimant'] })).toThrow(/"sentimant".*intent, sentiment, slots/);
  });

  test('provisioned concurrency above what is reserved, at synth', () => {
    const { code } = refusal({
      lambda: { reservedConcurrency: 1 },
      coldStart: { kind: 'provisioned', count: 2 },
    });
    expect(code).toBe('INVALID_COLD_START');
  });

  test('less memory than the models have', () => {
    expect(refusalOf(() => checkMemory(1024, 1024 * 2 ** 20)).message).toBe(
      'The models have 1024 MB and the function 1024 MB of memory: lambda.memoryMegabytes must be more than the models have.',
    );
    expect(() => checkMemory(1024, 1023 * 2 ** 20)).not.toThrow();
  });

  test('more packages to fetch than the environment of a function can name', () => {
    const description = describePackage('model-assets/packages', { name: 'sentiment' });
    const packages = Array.from({ length: 8 }, (_, i) => ({ ...description, name: `sentiment-${i}` }));
    const stack = testStack();
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const { code, message } = refusalOf(() => new RemotePackages(stack, 'Remote', { packages, role }));
    expect(code).toBe('UNSUPPORTED_PLACEMENT');
    expect(message).toMatch(
      /^The list of 8 packages to fetch has \d+ bytes; .* room for 3500\. Divide the models/,
    );
    const beside = { PILOTLIGHT_JOB_BUCKET: Lazy.string({ produce: () => 'jobs' }) };
    const crowded = () => new RemotePackages(stack, 'Crowded', { packages, role, beside });
    expect(refusalOf(crowded).message).toContain('room for 3244.');
  });

  test('a model that only a GPU serves', () => {
    const description = describePackage('model-assets/packages', { name: 'sentiment' });
    const stack = testStack();
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const placement = placeModels({
      packages: [{ ...description, tier: 'gpu' }],
      functionBytes: 1,
      runtimeLayerBytes: 1,
    });
    const size = { ephemeralStorageMegabytes: 512 };
    const props = { placement, ...size, architecture: 'arm64', role, options: {} } as const;
    expect(refusalOf(() => placedFunction(stack, 'Function', props))).toEqual({
      code: 'UNSUPPORTED_PLACEMENT',
      message:
        'sentiment@1.0.1 has the tier gpu, which Lambda does not have. Serve it with an InferenceServer, or package a variant of tier lambda.',
    });
  });
});
