import { METRICS_NAMESPACE } from '@pilotlight/app/internal/telemetry/metric-names';
import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import * as z from 'zod';
import { metricsNamespace } from './fields.ts';
import { checkSettings } from './problems.ts';

const schema = z.strictObject({ metricsNamespace });

/**
 * Chooses the namespace of the metrics of the construct `id`: the one that it is given, or else one with the name of its stack,
 * because errors of all deployments that share a namespace ring the alarms of each.
 *
 * @throws InfraError INVALID_PROPS
 */
export function chooseMetricsNamespace(scope: Construct, id: string, given: string | undefined): string {
  if (given !== undefined)
    return checkSettings(scope, id, schema, { metricsNamespace: given }).metricsNamespace;
  const { stackName } = Stack.of(scope);
  // The name of a nested stack is known only when it is deployed.
  return Token.isUnresolved(stackName) ? METRICS_NAMESPACE : `${METRICS_NAMESPACE}/${stackName}`;
}
