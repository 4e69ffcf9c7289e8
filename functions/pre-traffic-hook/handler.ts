/**
 * Entry of the pre-traffic hook. `PILOTLIGHT_VERSION_ARN` is the version to check, `PILOTLIGHT_MODELS` the models that it
 * must have in memory, separated by commas, `PILOTLIGHT_TOLERATED_DRIFT` the deviation over tolerance that is accepted.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { statusReporter } from '@pilotlight/app/internal/aws/deployment-hook';
import { lambdaInvoker } from '@pilotlight/app/internal/aws/lambda-invoker';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { createHandler, PreTrafficHookError } from './create-handler.ts';

const { PILOTLIGHT_VERSION_ARN: versionArn, PILOTLIGHT_MODELS: models } = process.env;
const toleratedDrift = Number(process.env.PILOTLIGHT_TOLERATED_DRIFT ?? 1);
if (!versionArn || !models || !(toleratedDrift > 0)) {
  throw new PreTrafficHookError(
    'INVALID_CONFIGURATION',
    'Set PILOTLIGHT_VERSION_ARN and PILOTLIGHT_MODELS, and PILOTLIGHT_TOLERATED_DRIFT to a number above 0 or not at all.',
  );
}

export const handler = createHandler({
  // Tries again what was throttled or did not arrive; a function that fails is not tried again.
  invoke: lambdaInvoker({ maxAttempts: 5 }),
  report: statusReporter(),
  versionArn,
  models: models.split(','),
  toleratedDrift,
  logger: new Logger({ serviceName: SERVICE }),
});
