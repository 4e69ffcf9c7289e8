/** Settings that the stacks of a deployment share, out of its configuration. */

import { resolve } from 'node:path';
import { parseModelRef } from '@pilotlight/model-format';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { LoggingProps } from '../../common/execution-role.ts';
import { toRemovalPolicy } from '../../common/removal-policy.ts';
import type { Config } from '../config/schema.ts';

/** Says how logs are kept and which key encrypts. Each stack imports the key for itself: `scope` is the stack. */
export function makeLogging(scope: Construct, config: Config): LoggingProps {
  const { encryptionKeyArn, logRetentionDays, removalPolicy, observability } = config;
  return {
    platformLogs: observability.platformLogs,
    logRetention: logRetentionDays,
    logRemovalPolicy: toRemovalPolicy(removalPolicy),
    ...(encryptionKeyArn !== undefined && {
      encryptionKey: Key.fromKeyArn(scope, 'EncryptionKey', encryptionKeyArn),
    }),
  };
}

/** The variables by which functions know how to tell of requests; none where nothing is chosen. */
export function telemetryVariables({ observability }: Config): Record<string, string> {
  const { requestMetrics, stageMetrics, drift } = observability;
  return {
    ...(requestMetrics !== 'each' && { PILOTLIGHT_REQUEST_METRICS: requestMetrics }),
    ...(drift !== 'on' && { PILOTLIGHT_DRIFT: drift }),
    ...(stageMetrics !== 'log' && { PILOTLIGHT_STAGE_METRICS: stageMetrics }),
  };
}

type Packages = Config['functions'][string]['packages'];

/** A function without a folder of packages gets that of the whole deployment; both are relative to the CDK app. */
export function resolvePackages(packages: Packages, { packagesFolder }: Config): Packages {
  const folder = packages.folder ?? packagesFolder;
  return folder === undefined ? packages : { ...packages, folder: resolve(folder) };
}

/** Lists the names of models, without versions and each once. */
export const listModelNames = (refs: readonly string[]): string[] => [
  ...new Set(refs.map((ref) => parseModelRef(ref).name)),
];
