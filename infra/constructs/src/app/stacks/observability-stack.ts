import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { consoleUrl } from '../../common/console-url.ts';
import { toRemovalPolicy } from '../../common/removal-policy.ts';
import { Observability, type ObservabilityProps } from '../../index.ts';
import type { Config } from '../config/schema.ts';
import { makeLogging } from './stack-settings.ts';

export interface ObservabilityStackProps
  extends StackProps,
    Pick<ObservabilityProps, 'functions' | 'webFunctions' | 'api' | 'upload' | 'backfill' | 'server'> {
  readonly config: Config;
}

/** Dashboard and alarms. It can be deleted and made again without a request noticing. */
export class ObservabilityStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    {
      config,
      functions,
      webFunctions,
      api,
      upload,
      backfill,
      server,
      ...stackProps
    }: ObservabilityStackProps,
  ) {
    super(scope, id, stackProps);
    const { encryptionKey } = makeLogging(this, config);
    const { alarmEmail, alarmTopicArn, thresholds } = config.observability;
    const { dashboard, alarmTopic } = new Observability(this, 'Observability', {
      functions,
      ...(webFunctions && { webFunctions }),
      ...(api && { api }),
      ...(upload && { upload }),
      ...(backfill && { backfill }),
      ...(server && { server }),
      thresholds,
      ...(encryptionKey && { encryptionKey }),
      removalPolicy: toRemovalPolicy(config.removalPolicy),
      ...(alarmEmail !== undefined && { alarmEmail }),
      ...(alarmTopicArn !== undefined && {
        alarmTopic: Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn),
      }),
    });
    new CfnOutput(this, 'Dashboard', {
      value: `${consoleUrl(this)}/cloudwatch/home?region=${this.region}#dashboards/dashboard/${dashboard.dashboardName}`,
      description: 'Dashboard in the CloudWatch console',
    });
    new CfnOutput(this, 'AlarmTopicArn', {
      value: alarmTopic.topicArn,
      description: 'SNS topic of the alarms',
    });
  }
}
