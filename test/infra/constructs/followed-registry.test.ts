import { Match } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { chooseEphemeralStorage } from '../../../infra/constructs/src/function/placed-function.ts';
import {
  InferenceFunction,
  type InferenceFunctionProps,
  UploadPipeline,
  WebInferenceFunction,
} from '../../../infra/constructs/src/index.ts';
import type { Placement } from '../../../layers/builders/src/models/place.ts';
import { findingsOf } from './findings.ts';
import { serverTemplate } from './server-under-test.ts';
import { refusalOf, statementsOf, templateOf } from './template.ts';

const registry = { address: 's3://acme-models/nlp', pollSeconds: 10 };
const synth = (packages: NonNullable<InferenceFunctionProps['packages']>) =>
  templateOf(
    (stack) => new InferenceFunction(stack, 'Function', { models: ['sentiment', 'intent'], packages }),
  );

test('a function follows the aliases of its models, and may read their records and packages alone', () => {
  const template = synth({ registry });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        PILOTLIGHT_REGISTRY: 's3://acme-models/nlp',
        PILOTLIGHT_REGISTRY_MODELS: 'sentiment,intent',
        PILOTLIGHT_REGISTRY_POLL_SECONDS: '10',
      },
    },
  });
  const ofS3 = statementsOf(template, 'Role').filter(({ Action }) => String(Action).startsWith('s3:'));
  expect(JSON.stringify(ofS3)).not.toContain('s3:List');
  const keys = [...JSON.stringify(ofS3).matchAll(/:s3:::([^"]+)"/g)].map(([, key]) => key);
  expect(keys).toEqual([
    'acme-models/nlp/_registry/sentiment.json',
    'acme-models/nlp/_registry/intent.json',
    'acme-models/nlp/sentiment/*',
    'acme-models/nlp/intent/*',
  ]);
});

test('a function follows those of its models that are named', () => {
  synth({ registry: { ...registry, models: ['intent'] } }).hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { PILOTLIGHT_REGISTRY_MODELS: 'intent' } },
  });
});

test('a web function follows them, too', () => {
  const template = templateOf(
    (stack) => new WebInferenceFunction(stack, 'Web', { models: ['sentiment'], packages: { registry } }),
  );
  expect(JSON.stringify(template.toJSON())).toContain('"PILOTLIGHT_REGISTRY_MODELS"');
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 's3:GetObject' })]) },
  });
});

test('a server follows the models that it is told of, by the role of its tasks', () => {
  const template = serverTemplate({ task: { registry: { ...registry, models: ['sentiment'] } } });
  const ofS3 = statementsOf(template, 'TaskRole').filter(({ Resource }) =>
    JSON.stringify(Resource).includes('acme-models'),
  );
  expect(ofS3).toEqual([expect.objectContaining({ Action: 's3:GetObject' })]);
  template.hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [
      Match.objectLike({
        Environment: Match.arrayWith([{ Name: 'PILOTLIGHT_REGISTRY_MODELS', Value: 'sentiment' }]),
      }),
    ],
  });
});

test('a function has ephemeral storage for what it fetches anyway, and for two versions of each package that it follows', () => {
  const mebibytes = (count: number) => ({ bytes: count * 1_048_576 });
  const layer: Placement = { kind: 'layer', layers: [], functionBytes: 1, runtimeLayerBytes: 1 };
  expect(chooseEphemeralStorage(layer)).toBe(512);
  expect(chooseEphemeralStorage(layer, [mebibytes(190), mebibytes(2)])).toBe(512);
  expect(chooseEphemeralStorage(layer, [mebibytes(400), mebibytes(100)])).toBe(2 * 500 + 128);
  expect(chooseEphemeralStorage(layer, [mebibytes(9000)])).toBe(10_240);
});

test('an address that is none, and a variable beside it, are refused by name', () => {
  expect(refusalOf(() => synth({ registry: { address: 'https://acme-models' } })).message).toContain(
    'packages.registry.address',
  );
  const environment = { PILOTLIGHT_REGISTRY: 's3://other-models' };
  const both = () =>
    templateOf(
      (stack) => new InferenceFunction(stack, 'Function', { models: ['sentiment'], lambda: { environment } }),
    );
  expect(refusalOf(both).message).toContain('packages.registry');
});

test('the function of uploaded files follows them, too, and may read no other object of the registry', () => {
  const template = templateOf(
    (stack) => new UploadPipeline(stack, 'Upload', { models: ['sentiment'], packages: { registry } }),
  );
  expect(JSON.stringify(template.toJSON())).toContain('"PILOTLIGHT_REGISTRY_MODELS":"sentiment"');
  const ofRegistry = statementsOf(template, 'Role').filter(({ Resource }) =>
    JSON.stringify(Resource).includes('acme-models'),
  );
  expect(ofRegistry.map(({ Action }) => Action)).toEqual(['s3:GetObject']);
});

test('cdk-nag finds nothing in a function that follows a registry', () => {
  const findings = findingsOf((stack) => {
    new InferenceFunction(stack, 'Function', { models: ['sentiment'], packages: { registry } });
  });
  expect(findings).toEqual([]);
});
