/** What the stacks of a deployment have in common, out of its configuration. */

import { resolve } from 'node:path';
import { parseModelRef } from '@pilotlight/model-format';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { LoggingProps } from '../../common/execution-role.ts';
import { toRemovalPolicy } from '../../common/removal-policy.ts';
import type { Config } from '../config/schema.ts';

/** How logs are kept, and what encrypts all that can be encrypted. One key for each stack: `scope` is the stack. */
export function loggingOf(scope: Construct, config: Config): LoggingProps {
  const { encryptionKeyArn, logRetentionDays, removalPolicy } = config;
  return {
    logRetention: logRetentionDays,
    logRemovalPolicy: toRemovalPolicy(removalPolicy),
    ...(encryptionKeyArn !== undefined && {
      encryptionKey: Key.fromKeyArn(scope, 'EncryptionKey', encryptionKeyArn),
    }),
  };
}

type Packages = Config['functions'][string]['packages'];

/** The folder of packages of the whole deployment holds where a function says no other; both count from the CDK app. */
export function packagesOf(packages: Packages, { packagesFolder }: Config): Packages {
  const folder = packages.folder ?? packagesFolder;
  return folder === undefined ? packages : { ...packages, folder: resolve(folder) };
}

/** Names of `name` and `name@version` alike. */
export const namesOf = (refs: readonly string[]): string[] => [
  ...new Set(refs.map((ref) => parseModelRef(ref).name)),
];
