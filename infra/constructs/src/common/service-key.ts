import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/**
 * Lets a service of AWS encrypt with the key, and returns the key. The result is undefined for a key of another app, whose
 * policy cannot be extended from here: what the service sends would be lost without a word.
 */
export function keyForService(service: string, key: IKey | undefined): IKey | undefined {
  const statement = new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    principals: [new ServicePrincipal(service)],
    resources: ['*'],
  });
  return key?.addToResourcePolicy(statement).statementAdded ? key : undefined;
}
