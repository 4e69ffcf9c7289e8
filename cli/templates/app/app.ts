import { join } from 'node:path';
import { InferenceApi, InferenceFunction } from '@pilotlight/constructs';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { config } from './config.ts';

const app = new App();
const stack = new Stack(app, '{{stack}}');

const inference = new InferenceFunction(stack, 'Function', {
  models: [...config.models],
  packages: { folder: join(import.meta.dirname, 'models') },
  lambda: config.lambda,
});
const api = new InferenceApi(stack, 'Api', { function: inference, throttle: config.throttle });
new CfnOutput(stack, 'Url', { value: api.url });

app.synth();
