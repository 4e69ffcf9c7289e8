/** A stack with one model behind an API: copy it, and put it beside what your team deploys already. */
import { InferenceApi, InferenceFunction, Observability } from '@pilotlight/constructs';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';

const app = new App();
const stack = new Stack(app, 'Nlp');

const sentiment = new InferenceFunction(stack, 'Sentiment', {
  models: ['sentiment'],
  lambda: { architecture: 'arm64', reservedConcurrency: 10 },
});
const api = new InferenceApi(stack, 'Api', {
  function: sentiment,
  throttle: { ratePerSecond: 50, burst: 100 },
});
new Observability(stack, 'Observability', { functions: [sentiment], api });
new CfnOutput(stack, 'Url', { value: api.url });
