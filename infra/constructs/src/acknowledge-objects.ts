import { Reference, Stack, Token, Tokenization, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** For security scanners: keys of objects are not known beforehand, so their permissions end in an asterisk. */
export function acknowledgeObjects(
  grantee: IConstruct,
  bucketArn: string,
  prefixes: readonly string[],
  because = 'their keys are chosen by those who upload',
): void {
  const bucket = nameOf(Stack.of(grantee).resolve(asSeenFrom(grantee, bucketArn)));
  for (const prefix of prefixes) {
    Validations.of(grantee).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${bucket}/${prefix}*]`,
      reason: `Objects below ${prefix} of one bucket: ${because}.`,
    });
  }
}

/** As cdk-nag writes the reference to an ARN. */
export function nameOf(arn: unknown): string {
  const { 'Fn::GetAtt': reference, 'Fn::ImportValue': imported } = Object(arn);
  if (typeof imported === 'string') return imported;
  return Array.isArray(reference) ? `<${reference.join('.')}>` : String(arn);
}

/** An ARN of another stack is exported there and imported here, by a name that the CDK gives it. */
function asSeenFrom(scope: IConstruct, arn: string): string {
  if (!Token.isUnresolved(arn)) return arn;
  const token = Tokenization.reverseString(arn).firstToken;
  if (!Reference.isReference(token)) return arn;
  const owner = Stack.of(token.target);
  return owner === Stack.of(scope) ? arn : owner.exportValue(arn);
}
