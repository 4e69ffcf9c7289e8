import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { BACKFILL_PREFIX as PREFIX_OF_THE_FUNCTION } from '../../../functions/batch/src/map/place.ts';
import { BACKFILL_PREFIX } from '../../../infra/constructs/src/batch/backfill/definition.ts';
import {
  DistributedBatch,
  type DistributedBatchProps,
} from '../../../infra/constructs/src/batch/backfill/distributed-batch.ts';
import { UploadPipeline } from '../../../infra/constructs/src/batch/upload-pipeline.ts';
import { findingsOf } from './findings.ts';
import { actionsOf, refusalOf, stateMachineOf, statementsOf, templateOf } from './template.ts';

interface Options extends Partial<DistributedBatchProps> {
  readonly key?: boolean;
  readonly timeoutSeconds?: number;
  readonly reservedConcurrency?: number;
}

function build(
  stack: Stack,
  { key = false, timeoutSeconds, reservedConcurrency, ...props }: Options = {},
): void {
  const common = key
    ? { logging: { encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }) } }
    : {};
  const upload = new UploadPipeline(stack, 'Files', {
    ...common,
    models: ['sentiment'],
    lambda: {
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      ...(reservedConcurrency !== undefined && { reservedConcurrency }),
    },
  });
  new DistributedBatch(stack, 'Backfill', { ...common, upload, ...props });
}

const made = (options?: Options) => templateOf((stack) => build(stack, options));

const state = z.looseObject({ Type: z.string() });
const definitionSchema = z.strictObject({
  Comment: z.string(),
  StartAt: z.literal('Rows'),
  States: z.strictObject({ Rows: state, Summary: state }),
});

/** The definition in Amazon States Language, with references by their logical ids. */
function definitionOf(template: Template) {
  const text = stateMachineOf(template, (name) => `<${name}>`);
  return definitionSchema.parse(JSON.parse(text));
}

test('the log group is named so that it takes no room in the policy that all log groups of the account share', () => {
  const [logs] = Object.values(made().findResources('AWS::Logs::LogGroup')).filter(
    ({ Properties }) => Properties.LogGroupName !== undefined,
  );
  expect(JSON.stringify(logs?.Properties.LogGroupName)).toMatch(
    /"\/aws\/vendedlogs\/states\/Test-Backfill-\w+\/"/,
  );
});

describe('the definition', () => {
  let states: z.infer<typeof definitionSchema>['States'];
  beforeAll(() => {
    states = definitionOf(made({ toleratedFailurePercentage: 2.5 })).States;
  });

  test('reads the rows of a JSONL file of the bucket, whose key is given', () => {
    expect(states.Rows).toMatchObject({
      Type: 'Map',
      ItemReader: {
        Resource: 'arn:<AWS::Partition>:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSONL' },
        Parameters: { Bucket: expect.stringMatching(/^<FilesUploadsBucket/), 'Key.$': '$.key' },
      },
    });
  });

  test('numbers the rows, and gives batches of them with the input of the execution', () => {
    expect(states.Rows).toMatchObject({
      ItemSelector: { 'row.$': '$$.Map.Item.Index', 'value.$': '$$.Map.Item.Value' },
      ItemBatcher: {
        MaxItemsPerBatch: 1000,
        MaxInputBytesPerBatch: 200_000,
        BatchInput: { 'job.$': '$', 'execution.$': '$$.Execution.Id', seconds: 120 },
      },
    });
  });

  test('asks the function of the uploads, many at once, by Express executions', () => {
    expect(states.Rows).toMatchObject({
      MaxConcurrency: 100,
      ToleratedFailurePercentage: 2.5,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
        StartAt: 'Predict',
        States: {
          Predict: {
            Type: 'Task',
            Resource: expect.stringMatching(/^<FilesFunction\w+\.Arn>$/),
            TimeoutSeconds: 120,
            End: true,
          },
        },
      },
    });
  });

  test('writes what became of each batch as lines below out/', () => {
    expect(states.Rows.ResultWriter).toMatchObject({
      Resource: 'arn:<AWS::Partition>:states:::s3:putObject',
      Parameters: { Bucket: expect.stringMatching(/^<FilesUploadsBucket/), Prefix: 'out/map-runs' },
      WriterConfig: { OutputType: 'JSONL', Transformation: 'COMPACT' },
    });
  });

  test('ends with the summary, of the manifest that the result writer leaves', () => {
    expect(states.Rows.Next).toBe('Summary');
    expect(states.Summary).toMatchObject({
      End: true,
      TimeoutSeconds: 300,
      Parameters: {
        source: 'pilotlight.backfill.summary',
        'job.$': '$$.Execution.Input',
        'execution.$': '$$.Execution.Id',
        'results.$': '$.ResultWriterDetails',
      },
    });
  });

  test('tries again what may pass, and not what is wrong with the file', () => {
    expect(states.Summary.Retry).toMatchObject([
      { ErrorEquals: ['BatchError', 'EngineError'], MaxAttempts: 0 },
      { ErrorEquals: ['Lambda.TooManyRequestsException'], MaxAttempts: 6 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 3 },
    ]);
  });

  test('waits no longer for a batch than the function runs', () => {
    const text = JSON.stringify(definitionOf(made({ timeoutSeconds: 30 })));
    expect(text.match(/"TimeoutSeconds":\d+/g)).toEqual(['"TimeoutSeconds":30', '"TimeoutSeconds":30']);
    expect(text).toContain('"BatchInput":{"job.$":"$","execution.$":"$$.Execution.Id","seconds":30}');
  });

  test('goes on where a batch or two of a large file fail, and stops where something is wrong with all', () => {
    expect(definitionOf(made()).States.Rows).toMatchObject({ ToleratedFailurePercentage: 5 });
  });
});

describe('the role', () => {
  test('reads backfills, writes results of its runs, and invokes one function', () => {
    const statements = statementsOf(made(), 'BackfillRole');
    const on = (action: string) =>
      statements
        .filter(({ Action }) => [Action].flat().includes(action))
        .map(({ Resource }) => JSON.stringify(Resource));
    expect(on('s3:GetObject')).toEqual([
      expect.stringMatching(/"\/backfill\/\*"/),
      expect.stringMatching(/"\/out\/map-runs\/\*"/),
    ]);
    expect(on('s3:PutObject')).toEqual([expect.stringMatching(/"\/out\/map-runs\/\*"/)]);
    expect(on('lambda:InvokeFunction')).toEqual([
      expect.stringMatching(/^\{"Fn::GetAtt":\["FilesFunction\w+","Arn"\]\}$/),
    ]);
    expect(on('states:StartExecution')).toEqual([expect.stringMatching(/^\{"Ref":"BackfillStateMachine/)]);
    expect(on('states:RedriveExecution')).toEqual([expect.stringMatching(/"\/rows:\*"/)]);
  });

  test('has no resource but the asterisk for what sets up logs alone, and traces where they are wanted', () => {
    const everywhere = (tracing: boolean) =>
      actionsOf(statementsOf(made({ tracing }), 'BackfillRole').filter(({ Resource }) => Resource === '*'));
    expect(everywhere(false).filter((action) => !action.startsWith('logs:'))).toEqual([]);
    expect(everywhere(true).filter((action) => action.startsWith('xray:'))).toHaveLength(4);
  });

  test('is assumed by Step Functions for this account', () => {
    made().hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
            Principal: { Service: 'states.amazonaws.com' },
          }),
        ],
      },
    });
  });
});

test('logs every event of executions without the rows, and traces', () => {
  const template = made({ tracing: true });
  template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
    LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    TracingConfiguration: { Enabled: true },
  });
  template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { RetentionInDays: Match.anyValue() }, 2);
});

test('the backfill encrypts executions with a key that is given, with which logs may then be delivered', () => {
  const template = made({ key: true });
  template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
    EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY' },
  });
  const [key] = Object.values(template.findResources('AWS::KMS::Key'));
  expect(JSON.stringify(key?.Properties.KeyPolicy)).toContain('"Service":"delivery.logs.amazonaws.com"');
});

test('the backfill reads where the function looks, which no upload event comes from', () => {
  expect(PREFIX_OF_THE_FUNCTION).toBe(BACKFILL_PREFIX);
  made().hasResourceProperties('AWS::Events::Rule', {
    EventPattern: Match.objectLike({ detail: Match.objectLike({ object: { key: [{ prefix: 'in/' }] } }) }),
  });
});

test('the backfill has its result writer in an app without the feature flag', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  build(stack);
  expect(definitionOf(Template.fromStack(stack)).States.Rows).toHaveProperty('ResultWriter');
});

test.each([{}, { key: true, tracing: true }])(
  'the backfill gives security scanners nothing without a reason: %j',
  (options) => {
    expect(findingsOf((stack) => build(stack, options))).toEqual([]);
  },
);

test.each([
  [{ maxConcurrency: 0 }, 'Test/Backfill: maxConcurrency must be at least 1.'],
  [{ rowsPerBatch: 10.5 }, 'Test/Backfill: rowsPerBatch must be a whole number.'],
  [{ toleratedFailurePercentage: 101 }, 'Test/Backfill: toleratedFailurePercentage must be at most 100.'],
  [
    { reservedConcurrency: 100 },
    'maxConcurrency of files and backfills together is 110, and the batch function has 100 reserved: set lambda.reservedConcurrency to 110 or more, or ask for less at once.',
  ],
] as const)('the backfill refuses %j', (props, message) => {
  expect(refusalOf(() => made(props))).toEqual({ code: 'INVALID_PROPS', message });
});
