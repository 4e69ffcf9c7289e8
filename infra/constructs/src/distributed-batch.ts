import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import { backfillDefinition } from './distributed-batch-definition.ts';
import { grantBackfill, grantMapRuns } from './distributed-batch-permissions.ts';
import { InfraError } from './errors.ts';
import { type LoggingProps, logGroup } from './execution-role.ts';
import type { UploadPipeline } from './upload-pipeline.ts';

export interface DistributedBatchProps extends LoggingProps {
  /** Its function predicts the rows; its bucket holds files under `backfill/` and results under `out/`. */
  readonly upload: UploadPipeline;
  /** Batches at once, 1 to 10,000: so many environments of the function at most. @default 100 */
  readonly maxConcurrency?: number;
  /** Rows of a batch, 1 to 10,000; fewer where they would have more than 200,000 bytes. @default 1000 */
  readonly rowsPerBatch?: number;
  /**
   * Percentage of rows whose batches may fail before the execution stops, 0 to 100. With 0 the first failure stops it,
   * and redriving goes on from there.
   *
   * @default 0
   */
  readonly toleratedFailurePercentage?: number;
  /** Whether X-Ray traces executions. @default false */
  readonly tracing?: boolean;
}

/**
 * Backfills: a state machine whose Distributed Map reads a JSONL file of the bucket, gives batches of its rows to the
 * function of an `UploadPipeline`, many at once, and sums up. Its input is `{"key": "backfill/<model>/<file>.jsonl",
 * "parameters"?: {...}}`.
 */
export class DistributedBatch extends Construct {
  readonly stateMachine: StateMachine;
  readonly role: Role;
  readonly logGroup: LogGroup;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: DistributedBatchProps) {
    super(scope, id);
    // Without this flag the CDK leaves the result writer out and says nothing.
    this.node.setContext('@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2', true);
    const { upload, maxConcurrency = 100, rowsPerBatch = 1000, toleratedFailurePercentage = 0 } = props;
    const { encryptionKey, tracing = false } = props;
    within('maxConcurrency', maxConcurrency, 1, 10_000);
    within('rowsPerBatch', rowsPerBatch, 1, 10_000);
    within('toleratedFailurePercentage', toleratedFailurePercentage, 0, 100);

    this.logGroup = logGroup(this, 'Logs', props);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    grantBackfill(this.role, { upload, tracing, ...(encryptionKey && { encryptionKey }) });
    const definition = backfillDefinition(this, {
      ...{ upload, maxConcurrency, rowsPerBatch, toleratedFailurePercentage },
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      comment: `Pilotlight: backfills for ${upload.modelNames.join(', ')}`,
      definitionBody: DefinitionBody.fromChainable(definition),
      // The CDK would let it read every object of the bucket and invoke every version of the function.
      role: this.role.withoutPolicyUpdates(),
      logs: { destination: this.logGroup, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: tracing,
      ...(encryptionKey && {
        encryptionConfiguration: new CustomerManagedEncryptionConfiguration(encryptionKey, DATA_KEY_REUSE),
      }),
    });
    grantMapRuns(this.role, this.stateMachine);
    if (!tracing) acknowledgeUntraced(this.stateMachine);
  }
}

function acknowledgeUntraced(stateMachine: StateMachine): void {
  const reason = 'Traces are a choice, for each costs; the log has every event of an execution without them.';
  acknowledge(stateMachine, 'AwsSolutions-SF2', reason);
  acknowledge(stateMachine, 'Serverless-StepFunctionStateMachineXray', reason);
}

/** The longest that Step Functions takes; each batch would ask KMS otherwise. */
const DATA_KEY_REUSE = Duration.seconds(900);

function within(prop: string, value: number, min: number, max: number): void {
  const isWhole = Number.isInteger(value) || prop === 'toleratedFailurePercentage';
  if (isWhole && value >= min && value <= max) return;
  throw new InfraError('INVALID_PROPS', `${prop} is ${value}; it must be ${min} to ${max}.`);
}
