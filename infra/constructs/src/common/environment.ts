/** Variables that would keep a function or the server from starting, found at synth instead of by its first request. */

import { variantTargets } from '@pilotlight/app/internal/serve/rollout/routing-rules';
import { readBatchConfig, withoutBatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { readServerConfig } from '@pilotlight/app/internal/settings/server';
import { readTracing } from '@pilotlight/app/internal/settings/tracing';
import type { VariantRef } from '@pilotlight/layers/internal/models/index';
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

/**
 * The variants that routing rules among these variables lead to; none where the rules are known only when they are deployed.
 *
 * @throws InfraError INVALID_PROPS
 */
export function ruledVariants({ PILOTLIGHT_ROUTING: rules }: Variables): readonly VariantRef[] {
  if (rules === undefined || Token.isUnresolved(rules)) return [];
  const { PILOTLIGHT_ROUTING: read = [] } = refuseFaults(() => readConfig({ PILOTLIGHT_ROUTING: rules }));
  return variantTargets(read);
}

/** Lambda's limit for all variables of a function: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_BYTES = 4096;
/** What stands for an ARN or a URL that is known only when it is deployed. */
const REFERENCE_BYTES = 100;

/** Refuses variables, of which `resolved` has references in it, that Lambda does not take. @throws InfraError INVALID_PROPS */
export function checkVariableBytes(path: string, resolved: object): void {
  const entries = Object.entries(resolved);
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + countBytes(value), 0);
  if (bytes <= MAX_BYTES) return;
  const [longest] = entries.reduce((most, one) => (countBytes(one[1]) > countBytes(most[1]) ? one : most));
  throw new InfraError(
    'INVALID_PROPS',
    `${path}: the variables have ${bytes} bytes, and Lambda takes ${MAX_BYTES}; ${longest} is the longest. Shorten it, or serve fewer models.`,
  );
}

function countBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const { 'Fn::Join': join } = Object(value);
  if (!Array.isArray(join)) return REFERENCE_BYTES;
  return join[1].reduce((sum: number, part: unknown) => sum + countBytes(part), 0);
}

/** Leaves out variables whose values are known only when they are deployed. */
function withoutTokens(environment: Variables): Variables {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => !Token.isUnresolved(value)));
}

/** Reads the variables by the schema that the function uses when it starts. */
function refuseFaults<Settings>(read: () => Settings): Settings {
  try {
    return read();
  } catch (cause) {
    if (!PilotlightError.is(cause) || cause.code !== 'INVALID_CONFIGURATION') throw cause;
    const { faults } = cause.details;
    const reasons = Array.isArray(faults) ? faults.join('; ') : cause.message;
    throw new InfraError('INVALID_PROPS', `environment is not valid: ${reasons}`, { cause });
  }
}
