import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

export interface KeySecret {
  /** Complete ARN of the secret that has the API keys. */
  readonly secretArn: string;
  /** KMS key of the secret. @default - aws/secretsmanager */
  readonly secretKeyArn?: string;
}

/** Lets a role read the secret of the API keys. */
export function grantReadKeys(
  scope: Construct,
  { secretArn, secretKeyArn }: KeySecret,
  grantee: IGrantable,
): void {
  const encryptionKey =
    secretKeyArn === undefined ? undefined : Key.fromKeyArn(scope, 'SecretKey', secretKeyArn);
  Secret.fromSecretAttributes(scope, 'Secret', {
    secretCompleteArn: secretArn,
    ...(encryptionKey && { encryptionKey }),
  }).grantRead(grantee);
}
