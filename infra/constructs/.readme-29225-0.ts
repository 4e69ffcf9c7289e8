import { InferenceApi, InferenceFunction, Observability } from '@pilotlight/constructs';
import { App, Stack } from 'aws-cdk-lib';

const stack = new Stack(new App(), 'Nlp');
const predict = new InferenceFunction(stack, 'Predict', {
  models: ['sentiment'],
  lambda: { memoryMegabytes: 3538, tracing: true },
  coldStart: { kind: 'warmup', everyMinutes: 5, concurrency: 3 },
  release: { canary: {} },
});
const api = new InferenceApi(stack, 'Api', { function: predict });
new Observability(stack, 'Watch', { functions: [predict], api });
