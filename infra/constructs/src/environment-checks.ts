/** Variables that would keep a function or the container from starting, found at synth instead of by its first request. */

import { readBatchConfig, withoutBatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { readServerConfig } from '@pilotlight/app/internal/settings/server';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { Token } from 'aws-cdk-lib';
import { InfraError } from './errors.ts';

type Variables = Readonly<Record<string, string>>;

/** Of the predict function. @throws InfraError INVALID_PROPS that names every variable at fault */
export function checkEnvironment(environment: Variables = {}): void {
  refuseFaults(() => readConfig(known(environment)));
}

/** Of the batch function, beside those that its construct sets. @throws InfraError INVALID_PROPS */
export function checkBatchEnvironment(environment: Variables = {}): void {
  const variables = known(environment);
  refuseFaults(() => readConfig(withoutBatchConfig(variables)));
  const ownVariables = { PILOTLIGHT_BATCH_QUEUE_URL: 'set', PILOTLIGHT_BATCH_BUCKET: 'set' };
  refuseFaults(() => readBatchConfig({ ...variables, ...ownVariables }));
}

/** Of the container, beside those that its construct sets. @throws InfraError INVALID_PROPS */
export function checkServerEnvironment(environment: Variables): void {
  refuseFaults(() => readServerConfig(known(environment)));
}

/** Those whose values are known before the deployment. */
function known(environment: Variables): Variables {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => !Token.isUnresolved(value)));
}

/** Whoever gets them reads them by the same schema. Its message has a line for each fault, below a heading. */
function refuseFaults(read: () => unknown): void {
  try {
    read();
  } catch (cause) {
    if (!PilotlightError.is(cause) || cause.code !== 'INVALID_CONFIGURATION') throw cause;
    const [, ...faults] = cause.message.split('\n').map((line) => line.trim());
    throw new InfraError('INVALID_PROPS', `environment is not valid: ${faults.join('; ')}`, { cause });
  }
}
