import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { keyForService } from '../common/service-key.ts';

export interface AlarmTopicProps {
  /** An address to subscribe; AWS asks it for a confirmation first. @default - none */
  readonly email?: string;
  /**
   * Encrypts the messages, if its policy belongs to this app: the policy must let CloudWatch use the key.
   *
   * @default - a key of its own: alarms cannot use the one that AWS manages
   */
  readonly encryptionKey?: IKey;
  /** Whether a key of its own is kept when the stack is deleted; a kept key is paid for. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** The topic of alarms: encrypted, and open to the alarms of this account only. */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmTopicProps = {}) {
    super(scope, id);
    const { account } = Stack.of(this);
    const service = 'cloudwatch.amazonaws.com';
    const key = keyForService(service, props.encryptionKey) ?? this.ownKey(service, props);
    const topic = new Topic(this, 'Topic', {
      masterKey: key,
      enforceSSL: true,
      displayName: 'Pilotlight',
    });
    // The policy of `enforceSSL` takes the place of the one by which a topic lets its own account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal(service)],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    if (props.email !== undefined) topic.addSubscription(new EmailSubscription(props.email));
    Validations.of(topic).acknowledge({
      id: 'Serverless-SNSRedrivePolicy',
      reason:
        'For an email there is nothing to deliver it again from a queue; CloudWatch still shows the alarm.',
    });
    // `Topic` declares optional properties as undefined where `ITopic` has them absent.
    this.topic = topic as ITopic;
  }

  private ownKey(service: string, { removalPolicy = RemovalPolicy.RETAIN }: AlarmTopicProps): IKey {
    const key = new Key(this, 'Key', {
      enableKeyRotation: true,
      description: 'Alarms of Pilotlight',
      // It encrypts messages on their way, of which nothing is left a week later.
      pendingWindow: Duration.days(7),
      removalPolicy,
    });
    keyForService(service, key);
    return key;
  }
}
