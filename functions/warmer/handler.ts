/** Entry of the warmer function. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { lambdaInvoker } from '@pilotlight/app/internal/aws/lambda-invoker';
import { METRICS_NAMESPACE, SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { createHandler } from './create-handler.ts';

export const handler = createHandler({
  invoke: lambdaInvoker(),
  logger: new Logger({ serviceName: SERVICE }),
  metrics: new Metrics({
    namespace: process.env.PILOTLIGHT_METRICS_NAMESPACE ?? METRICS_NAMESPACE,
    serviceName: SERVICE,
  }),
});
