import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/**
 * The key, once the policy of the key lets a service of AWS encrypt with it. Nothing where the key is one of another
 * app, whose policy can not be extended from here: what the service sends would be lost in silence.
 */
export function keyForService(service: string, key: IKey | undefined): IKey | undefined {
  const statement = new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    principals: [new ServicePrincipal(service)],
    resources: ['*'],
  });
  return key?.addToResourcePolicy(statement).statementAdded ? key : undefined;
}
