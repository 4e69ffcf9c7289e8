/** Findings of security scanners that are accepted, each with the reason. The ids are those of cdk-nag's rules. */
import { Reference, Stack, Token, Tokenization, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export function acknowledge(on: IConstruct, id: string, reason: string): void {
  Validations.of(on).acknowledge({ id, reason });
}

/** Accepts that the role of a function that X-Ray traces names no resource for it. */
export function acknowledgeTracing(role: IConstruct): void {
  const reason = 'xray:PutTraceSegments and xray:PutTelemetryRecords, which only write, take no resource.';
  acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', reason);
}

/** Accepts that X-Ray does not trace a function whose settings say so. */
export function acknowledgeUntraced(lambda: IConstruct): void {
  acknowledge(lambda, 'Serverless-LambdaTracing', 'The settings of the function say that it is not traced.');
}

/** Accepts that a function that is only invoked synchronously has no failure destination. */
export function acknowledgeSynchronous(lambda: IConstruct): void {
  const reason = 'It is invoked synchronously: the caller gets the error, and no event is left over.';
  acknowledge(lambda, 'Serverless-LambdaDLQ', reason);
}

export function acknowledgeDeadLetterQueue(queue: IConstruct): void {
  const reason = 'It is a dead-letter queue itself: what arrives is kept for a person to look at.';
  acknowledge(queue, 'AwsSolutions-SQS3', reason);
  acknowledge(queue, 'Serverless-SQSRedrivePolicy', reason);
}

/** Accepts families of actions for a role that encrypts and decrypts with a key of the team's own. */
export function acknowledgeKeyUse(role: IConstruct): void {
  const reason = 'Families of actions, such as GenerateDataKey with and without plaintext, on one key.';
  acknowledge(role, 'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]', reason);
  acknowledge(role, 'AwsSolutions-IAM5[Action::kms:ReEncrypt*]', reason);
}

/** Accepts variants of an action for a role that sends to a queue which a key of the team encrypts. */
export function acknowledgeDataKeys(role: IConstruct): void {
  const reason =
    'Variants of one action, which the CDK grants to each role that encrypts, on the one key of the queue.';
  for (const actions of ['kms:GenerateDataKey*', 'kms:ReEncrypt*']) {
    acknowledge(role, `AwsSolutions-IAM5[Action::${actions}]`, reason);
  }
}

/** Accepts that the CDK sees no published version of a function with SnapStart. */
export function acknowledgePublishedVersion(lambda: IConstruct): void {
  const reason = 'Callers invoke an alias, which always leads to a published version.';
  acknowledge(lambda, '@aws-cdk/aws-lambda:snapStartRequirePublish', reason);
}

/** Accepts permissions that end in an asterisk, because the keys of objects are not known beforehand. */
export function acknowledgeObjects(
  grantee: IConstruct,
  bucketArn: string,
  prefixes: readonly string[],
  because = 'their keys are chosen by those who upload',
): void {
  const bucket = formatReference(Stack.of(grantee).resolve(asSeenFrom(grantee, bucketArn)));
  for (const prefix of prefixes) {
    Validations.of(grantee).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${bucket}/${prefix}*]`,
      reason: `Objects below ${prefix} of one bucket: ${because}.`,
    });
  }
}

/** Formats the reference to an ARN as cdk-nag writes it. */
export function formatReference(arn: unknown): string {
  const { 'Fn::GetAtt': reference, 'Fn::ImportValue': imported } = Object(arn);
  if (typeof imported === 'string') return imported;
  return Array.isArray(reference) ? `<${reference.join('.')}>` : String(arn);
}

/** Formats an ARN with references in it as cdk-nag writes it. */
export function flattenArn(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const { 'Fn::Join': join, Ref: reference } = Object(arn);
  return Array.isArray(join) ? join[1].map(flattenArn).join('') : `<${reference}>`;
}

/** An ARN of another stack is exported there and imported here, by a name that the CDK gives it. */
function asSeenFrom(scope: IConstruct, arn: string): string {
  if (!Token.isUnresolved(arn)) return arn;
  const token = Tokenization.reverseString(arn).firstToken;
  if (!Reference.isReference(token)) return arn;
  const owner = Stack.of(token.target);
  return owner === Stack.of(scope) ? arn : owner.exportValue(arn);
}
