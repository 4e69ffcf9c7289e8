import { DefaultStackSynthesizer } from 'aws-cdk-lib';
import type { Config } from './config/schema.ts';

/**
 * Gives the arguments of `cdk bootstrap` that a configuration asks for. A qualifier gets a stack of its own: in the stack
 * CDKToolkit it would rename the roles that every other app of the account and region is deployed with.
 */
export function bootstrapOptions({
  account,
  region,
  qualifier = DefaultStackSynthesizer.DEFAULT_QUALIFIER,
  permissionsBoundary,
  deployFrom = [],
}: Pick<Config, 'account' | 'region' | 'qualifier' | 'permissionsBoundary' | 'deployFrom'>): string[] {
  const own = qualifier !== DefaultStackSynthesizer.DEFAULT_QUALIFIER;
  return [
    ...(account !== undefined && region !== undefined ? [`aws://${account}/${region}`] : []),
    ...(own ? ['--qualifier', qualifier, '--toolkit-stack-name', `CDKToolkit-${qualifier}`] : []),
    ...(permissionsBoundary === undefined ? [] : ['--custom-permissions-boundary', permissionsBoundary]),
    ...deployFrom.flatMap((trusted) => ['--trust', trusted]),
  ];
}
