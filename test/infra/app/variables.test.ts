import { App, type IStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { expect, test } from 'vitest';
import { siblingSettings } from '../../../functions/app/src/settings/siblings.ts';
import { LeanSynthesizer } from '../../../infra/constructs/src/app/lean-synthesizer.ts';

function synthesise(environment: (stack: Stack) => Record<string, string>): void {
  const app = new App({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Test', { synthesizer: new LeanSynthesizer() as IStackSynthesizer });
  new LambdaFunction(stack, 'Main', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = 1'),
    environment: environment(stack),
  });
  app.synth();
}

test('a function with more variables than Lambda takes is refused by the longest', () => {
  expect(() => synthesise(() => ({ SHORT: 'x', NOTE: 'x'.repeat(4087) }))).toThrow(
    'Test/Main/Resource: the variables have 4097 bytes, and Lambda takes 4096; NOTE is the longest. Shorten it, or serve fewer models.',
  );
  expect(() => synthesise(() => ({ SHORT: 'x', NOTE: 'x'.repeat(4086) }))).not.toThrow();
});

test('what a variable refers to counts too, though nobody knows yet how long it is', () => {
  const note = (length: number) => synthesise(({ stackId }) => ({ NOTE: `${'ü'.repeat(length)}${stackId}` }));
  expect(() => note(1997)).toThrow('the variables have 4098 bytes');
  expect(() => note(1996)).not.toThrow();
});

test('the models of a function are told with its alias once', () => {
  const models = ['sentiment', 'intent'];
  expect(siblingSettings.parse(JSON.stringify([{ alias: 'arn:a', models }]))).toEqual({
    sentiment: 'arn:a',
    intent: 'arn:a',
  });
  expect(siblingSettings.safeParse('{"sentiment":"arn:a"}').error?.issues[0]?.message).toBe(
    'must be JSON, a list of {"alias": ARN, "models": [NAME, ...]}',
  );
});
