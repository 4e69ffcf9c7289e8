import { Duration, Stack, Token } from 'aws-cdk-lib';
import type { ICluster, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { executionRole, type LoggingProps, logGroup } from '../common/execution-role.ts';

export interface RunningTasksProps {
  /** A cluster with one service. */
  readonly cluster: ICluster;
  readonly taskDefinition: TaskDefinition;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps | undefined;
}

/** The construct id of the one function of a stack that asks AWS for such resources. */
const ASKER = `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`;

/** The answer of ecs:DescribeClusters, of which CloudFormation reads one number. */
const COUNT = 'clusters.0.runningTasksCount';

/**
 * The number of tasks that run as a deployment begins: 0 at the first. CloudFormation sets the count of a service with each of its
 * updates, and starts one task where there is none to set: see ADR-task-count.md.
 */
export class RunningTasks extends Construct {
  readonly count: number;

  constructor(scope: Construct, id: string, { cluster, taskDefinition, logging }: RunningTasksProps) {
    super(scope, id);
    const logs = logGroup(this, 'Logs', logging);
    const role = executionRole(this, 'Role', logs);
    const lookup = new AwsCustomResource(this, 'Lookup', {
      resourceType: 'Custom::RunningTasks',
      onUpdate: {
        service: 'ECS',
        action: 'DescribeClusters',
        parameters: { clusters: [cluster.clusterName] },
        outputPaths: [COUNT],
        // A new task definition is the update that ends tasks; it asks anew.
        physicalResourceId: PhysicalResourceId.of(taskDefinition.taskDefinitionArn),
      },
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({ actions: ['ecs:DescribeClusters'], resources: [cluster.clusterArn] }),
      ]),
      installLatestAwsSdk: false,
      serviceTimeout: Duration.minutes(5),
      role,
      logGroup: logs,
      memorySize: 256,
    });
    const asker = Stack.of(this).node.findChild(ASKER);
    acknowledge(
      asker,
      'Serverless-LambdaDLQ',
      'CloudFormation waits for its answer, and gives the deployment up without one.',
    );
    acknowledge(
      asker,
      'Serverless-LambdaTracing',
      'It is a function of the CDK, which works during deployments alone.',
    );
    this.count = Token.asNumber(lookup.getResponseFieldReference(COUNT));
  }
}
