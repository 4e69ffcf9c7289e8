/** What the stacks of a deployment have in common, out of its configuration. */

import { resolve } from 'node:path';
import type { LoggingProps } from '@pilotlight/constructs';
import { parseModelRef } from '@pilotlight/model-format';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';

/** The repository, from which relative paths of a configuration count. */
const ROOT = new URL('../..', import.meta.url).pathname;

export function removalPolicyOf({ removalPolicy }: Config): RemovalPolicy {
  return removalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}

/** Of log groups, and of all else that can be encrypted. One key for each stack: `scope` is the stack. */
export function loggingOf(scope: Construct, config: Config): LoggingProps {
  const { encryptionKeyArn, logRetentionDays } = config;
  return {
    logRetention: logRetentionDays,
    logRemovalPolicy: removalPolicyOf(config),
    ...(encryptionKeyArn !== undefined && {
      encryptionKey: Key.fromKeyArn(scope, 'EncryptionKey', encryptionKeyArn),
    }),
  };
}

type ModelSettings = Config['functions'][string] | NonNullable<Config['upload']>;

/** What every function that serves models gets. */
export function modelFunctionOf(settings: ModelSettings, config: Config) {
  const { models, architecture, memoryMegabytes, timeoutSeconds, tracing, environment, variant } = settings;
  return {
    ...{ models, architecture, memoryMegabytes, tracing, environment },
    timeout: Duration.seconds(timeoutSeconds),
    ...(variant !== undefined && { variant }),
    ...packagesFolderOf(config),
  };
}

/** Where packages are, if not where Pilotlight has them. */
export function packagesFolderOf({ packagesFolder }: Config) {
  return packagesFolder === undefined ? {} : { packagesFolder: resolve(ROOT, packagesFolder) };
}

/** Names of `name` and `name@version` alike. */
export const namesOf = (refs: readonly string[]): string[] => [
  ...new Set(refs.map((ref) => parseModelRef(ref).name)),
];
