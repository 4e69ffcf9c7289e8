import { CfnMapping, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The host of the AWS console in each partition, below the name of a region. */
const HOSTS = {
  aws: { host: 'console.aws.amazon.com' },
  'aws-cn': { host: 'console.amazonaws.cn' },
  'aws-us-gov': { host: 'console.amazonaws-us-gov.com' },
  'aws-eusc': { host: 'console.amazonaws-eusc.eu' },
};

/**
 * Gives the address of the AWS console for the region of a stack, without a slash at its end. Where the region is known only
 * when it is deployed, a mapping of the template chooses the host.
 */
export function consoleUrl(scope: Construct): string {
  const { partition, region } = Stack.of(scope);
  const known = Object.entries(HOSTS).find(([name]) => name === partition)?.[1] ?? HOSTS.aws;
  const host = Token.isUnresolved(partition)
    ? new CfnMapping(scope, 'Consoles', { mapping: HOSTS }).findInMap(partition, 'host')
    : known.host;
  return `https://${region}.${host}`;
}
