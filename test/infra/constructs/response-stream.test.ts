import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { InferenceFunction } from '../../../infra/constructs/src/index.ts';
import { actionsOf, statementsOf, templateOf } from './template.ts';

const models = ['sentiment'];

test('a function has no URL of its own by default', () => {
  const template = templateOf((stack) => new InferenceFunction(stack, 'Function', { models }));
  template.resourceCountIs('AWS::Lambda::Url', 0);
});

test('a function that streams its answers has a URL for callers who sign their requests, and who may invoke its alias', () => {
  const template = templateOf((stack) => {
    const inference = new InferenceFunction(stack, 'Function', { models, responseStream: true });
    const assumedBy = new ServicePrincipal('ec2.amazonaws.com');
    inference.grantInvoke(new Role(stack, 'Caller', { assumedBy }));
  });
  template.hasResourceProperties('AWS::Lambda::Url', {
    AuthType: 'AWS_IAM',
    InvokeMode: 'RESPONSE_STREAM',
    Qualifier: 'live',
  });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { PILOTLIGHT_RESPONSE_STREAM: 'true' } },
  });
  expect(actionsOf(statementsOf(template, 'Caller'))).toEqual(
    expect.arrayContaining(['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl']),
  );
});
