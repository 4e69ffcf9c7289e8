import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** For security scanners: keys of objects are not known beforehand, so their permissions end in an asterisk. */
export function acknowledgeObjects(
  grantee: IConstruct,
  bucketArn: string,
  prefixes: readonly string[],
  because = 'their keys are chosen by those who upload',
): void {
  const bucket = nameOf(Stack.of(grantee).resolve(bucketArn));
  for (const prefix of prefixes) {
    Validations.of(grantee).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${bucket}/${prefix}*]`,
      reason: `Objects below ${prefix} of one bucket: ${because}.`,
    });
  }
}

/** As cdk-nag writes the reference to an ARN. */
export function nameOf(arn: unknown): string {
  const reference = Object(arn)['Fn::GetAtt'];
  return Array.isArray(reference) ? `<${reference.join('.')}>` : String(arn);
}
