import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { InferenceFunction, type WarmUp, WarmUpSchedule } from '../../../infra/constructs/src/index.ts';
import { actionsOf, refusalOf, statementsOf, templateOf, testStack } from './template.ts';

const everyMinutes = 5;

function template(warmUp: Partial<WarmUp> = {}): Template {
  return templateOf((stack) => {
    const coldStart: WarmUp = { kind: 'warmup', everyMinutes, concurrency: 3, ...warmUp };
    new InferenceFunction(stack, 'Predict', { models: ['sentiment'], coldStart });
  });
}

describe('a warm-up', () => {
  const warmed = template();
  const [alias] = Object.keys(warmed.findResources('AWS::Lambda::Alias'));
  const [queue] = Object.keys(warmed.findResources('AWS::SQS::Queue'));
  const queueArn = { 'Fn::GetAtt': [queue, 'Arn'] };
  const warmerArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('Warmer'), 'Arn'] };

  test('is asked for every five minutes, once, with what the warmer is to do', () => {
    warmed.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: warmerArn,
        Input: { 'Fn::Join': ['', ['{"functionName":"', { Ref: alias }, '","concurrency":3}']] },
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 },
        DeadLetterConfig: { Arn: queueArn },
      },
    });
  });

  test('that fails is kept in the dead-letter queue with its error, and not tried again', () => {
    warmed.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: { OnFailure: { Destination: queueArn } },
    });
  });

  test('leaves a queue that is encrypted and speaks TLS only', () => {
    warmed.hasResourceProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1209600,
    });
    warmed.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  test('may invoke that alias and nothing else', () => {
    const statements = statementsOf(warmed, 'WarmerRole');
    expect(actionsOf(statements)).toEqual([
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
    ]);
    expect(statements.find(({ Action }) => Action === 'lambda:InvokeFunction')?.Resource).toEqual({
      Ref: alias,
    });
  });

  test('is started by a role that may start the warmer only, and that no other account can use', () => {
    const [invoke] = statementsOf(warmed, 'SchedulerRole');
    expect(invoke?.Action).toBe('lambda:InvokeFunction');
    expect(JSON.stringify(invoke?.Resource)).not.toContain('*');
    warmed.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: { StringEquals: Match.objectLike({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } }) },
          }),
        ],
      },
    });
  });
});

test('office hours become one schedule in their time zone, the last warm-up before they end', () => {
  const hours = { from: '08:00', to: '18:00', timeZone: 'Europe/Zurich' };
  template({ hours }).hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'cron(0/5 8-17 ? * MON,TUE,WED,THU,FRI *)',
    ScheduleExpressionTimezone: 'Europe/Zurich',
  });
});

test('the schedule warms an alias of any function', () => {
  const stack = testStack();
  const { alias } = new InferenceFunction(stack, 'Predict', { models: ['sentiment'] });
  expect(() => new WarmUpSchedule(stack, 'WarmUp', { alias, everyMinutes, concurrency: 1 })).not.toThrow();
  const refused = refusalOf(
    () => new WarmUpSchedule(stack, 'Other', { alias, everyMinutes, concurrency: 0 }),
  );
  expect(refused.message).toBe('Test/Other: concurrency must be at least 1.');
});
