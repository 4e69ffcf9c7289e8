import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { consoleUrl } from '../../../infra/constructs/src/common/console-url.ts';
import { CONTEXT } from '../app/deployments.ts';

function templateIn(region?: string): Template {
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  const stack = new Stack(
    app,
    'Test',
    region === undefined ? {} : { env: { account: '111122223333', region } },
  );
  new CfnOutput(stack, 'Console', { value: consoleUrl(stack) });
  return Template.fromStack(stack);
}

test.each([
  ['eu-central-1', 'https://eu-central-1.console.aws.amazon.com'],
  ['cn-north-1', 'https://cn-north-1.console.amazonaws.cn'],
  ['us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com'],
  ['eusc-de-east-1', 'https://eusc-de-east-1.console.amazonaws-eusc.eu'],
])('the console of %s is %s', (region, url) => {
  const template = templateIn(region);
  template.hasOutput('Console', { Value: url });
  expect(template.findMappings('*')).toEqual({});
});

test('the console of a region that is known at deployment alone is that of its partition', () => {
  const template = templateIn();
  const host = { 'Fn::FindInMap': ['Consoles', { Ref: 'AWS::Partition' }, 'host'] };
  template.hasOutput('Console', {
    Value: { 'Fn::Join': ['', ['https://', { Ref: 'AWS::Region' }, '.', host]] },
  });
  template.hasMapping('Consoles', { 'aws-cn': { host: 'console.amazonaws.cn' } });
});
