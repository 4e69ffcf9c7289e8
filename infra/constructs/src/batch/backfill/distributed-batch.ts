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
import { acknowledge } from '../../common/acknowledgements.ts';
import { type LoggingProps, logGroup } from '../../common/execution-role.ts';
import { checkSettings } from '../../common/problems.ts';
import { type BackfillSettings, backfillSchema } from '../schema.ts';
import { checkReserved, type UploadPipeline } from '../upload-pipeline.ts';
import { backfillDefinition } from './definition.ts';
import { grantBackfill, grantMapRuns } from './permissions.ts';

export interface DistributedBatchProps extends BackfillSettings {
  /** Its function predicts the rows; its bucket holds files under `backfill/` and results under `out/`. */
  readonly upload: UploadPipeline;
  /** Whether X-Ray traces executions. @default false */
  readonly tracing?: boolean;
  /** How logs are kept, and what encrypts them and executions. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
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
    const { upload, tracing = false, logging, ...data } = props;
    const settings = checkSettings(scope, id, backfillSchema, data);
    checkReserved(
      upload.maxConcurrency + settings.maxConcurrency,
      upload.reservedConcurrency,
      'maxConcurrency of files and backfills together',
    );
    const encryptionKey = logging?.encryptionKey;

    this.logGroup = logGroup(this, 'Logs', logging, 'states');
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    grantBackfill(this.role, { upload, tracing, ...(encryptionKey && { encryptionKey }) });
    const definition = backfillDefinition(this, { ...settings, upload });
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
  const reason =
    'Traces are a choice, because each costs; the log has every event of an execution without them.';
  acknowledge(stateMachine, 'AwsSolutions-SF2', reason);
  acknowledge(stateMachine, 'Serverless-StepFunctionStateMachineXray', reason);
}

/** Step Functions may use a data key for this long at most; without reuse, each batch would ask KMS. */
const DATA_KEY_REUSE = Duration.seconds(900);
