/** Variables that would keep a function or the server from starting, found at synth instead of by its first request. */

import { readBatchConfig, withoutBatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { readServerConfig } from '@pilotlight/app/internal/settings/server';
import { readTracing } from '@pilotlight/app/internal/settings/tracing';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { Token } from 'aws-cdk-lib';
import { InfraError } from './errors.ts';

type Variables = Readonly<Record<string, string>>;

/** Checks variables of the predict function. @throws InfraError INVALID_PROPS that names every variable at fault */
export function checkEnvironment(environment: Variables = {}): void {
  const variables = withoutTokens(environment);
  refuseFaults(() => readConfig(variables));
  refuseFaults(() => readTracing(variables));
}

/** Checks variables of the batch function, beside those that its construct sets. @throws InfraError INVALID_PROPS */
export function checkBatchEnvironment(environment: Variables = {}): void {
  const variables = withoutTokens(environment);
  refuseFaults(() => readConfig(withoutBatchConfig(variables)));
  const ownVariables = { PILOTLIGHT_BATCH_QUEUE_URL: 'set', PILOTLIGHT_BATCH_BUCKET: 'set' };
  refuseFaults(() => readBatchConfig({ ...variables, ...ownVariables }));
}

/** Checks variables of the server, beside those that its construct sets. @throws InfraError INVALID_PROPS */
export function checkServerEnvironment(environment: Variables): void {
  refuseFaults(() => readServerConfig(withoutTokens(environment)));
}

/** Leaves out variables whose values are known only when they are deployed. */
function withoutTokens(environment: Variables): Variables {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => !Token.isUnresolved(value)));
}

/** Reads the variables by the schema that the function uses when it starts. */
function refuseFaults(read: () => unknown): void {
  try {
    read();
  } catch (cause) {
    if (!PilotlightError.is(cause) || cause.code !== 'INVALID_CONFIGURATION') throw cause;
    const { faults } = cause.details;
    const reasons = Array.isArray(faults) ? faults.join('; ') : cause.message;
    throw new InfraError('INVALID_PROPS', `environment is not valid: ${reasons}`, { cause });
  }
}
