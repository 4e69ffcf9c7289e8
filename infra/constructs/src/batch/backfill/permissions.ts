import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { acknowledge, acknowledgeKeyUse, acknowledgeObjects } from '../../common/acknowledgements.ts';
import type { UploadPipeline } from '../upload-pipeline.ts';
import { BACKFILL_PREFIX, MAP_RUN_LABEL, MAP_RUN_PREFIX } from './definition.ts';

export interface BackfillAccess {
  readonly upload: Pick<UploadPipeline, 'bucket' | 'function'>;
  readonly encryptionKey?: IKey;
  readonly tracing: boolean;
}

/** Lets the role read files of backfills, invoke the one function, write the outcome of batches, and log. */
export function grantBackfill(role: Role, { upload, encryptionKey, tracing }: BackfillAccess): void {
  const { bucket } = upload;
  const allow = (actions: string[], resource: string) =>
    role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
  allow(['lambda:InvokeFunction'], upload.function.functionArn);
  allow(['s3:GetObject'], bucket.arnForObjects(`${BACKFILL_PREFIX}*`));
  // Step Functions writes the results of a long execution in several steps of one multipart upload.
  allow(
    ['s3:GetObject', 's3:PutObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
    bucket.arnForObjects(`${MAP_RUN_PREFIX}/*`),
  );
  acknowledgeObjects(role, bucket.bucketArn, [BACKFILL_PREFIX]);
  acknowledgeObjects(role, bucket.bucketArn, [`${MAP_RUN_PREFIX}/`], OF_STEP_FUNCTIONS);
  if (encryptionKey) {
    encryptionKey.grantEncryptDecrypt(role);
    acknowledgeKeyUse(role);
  }
  allow(LOG_DELIVERY, '*');
  if (tracing) allow(TRACING, '*');
  acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', WITHOUT_RESOURCE);
}

const OF_STEP_FUNCTIONS = 'Step Functions names them after the execution';
const WITHOUT_RESOURCE =
  'Step Functions sets up its log deliveries, and X-Ray takes traces, by actions that take no resource.';

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
];
/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html */
const TRACING = [
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

/** Lets the role start executions for batches, look at them, stop them, and redrive them. */
export function grantMapRuns(role: Role, stateMachine: StateMachine): void {
  // The policy that the CDK makes would be attached to a role that it may change; this role it may not.
  stateMachine.node.tryRemoveChild('DistributedMapPolicy');
  const executions = (which: string) =>
    Stack.of(stateMachine).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${stateMachine.stateMachineName}${which}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  const [all, ofMapRuns] = [executions(':*'), executions(`/${MAP_RUN_LABEL}:*`)];
  const allow = (actions: string[], resource: string) =>
    new PolicyStatement({ actions, resources: [resource] });
  const policy = new Policy(stateMachine, 'MapRuns', {
    roles: [role],
    statements: [
      allow(['states:StartExecution'], stateMachine.stateMachineArn),
      allow(['states:DescribeExecution', 'states:StopExecution'], all),
      allow(['states:RedriveExecution'], ofMapRuns),
    ],
  });
  for (const arn of [all, ofMapRuns])
    acknowledge(
      policy,
      `AwsSolutions-IAM5[Resource::${asFound(Stack.of(policy).resolve(arn))}]`,
      OWN_EXECUTIONS,
    );
}

const OWN_EXECUTIONS =
  'Executions of this state machine alone, which Step Functions names when it starts them.';

/** An ARN as cdk-nag writes it: references in angle brackets. */
function asFound(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, operand] = []] = Object.entries(Object(value));
  if (intrinsic === 'Fn::Join' && Array.isArray(operand)) return Array.from(operand[1], asFound).join('');
  return `<${[operand].flat().join('.')}>`;
}
