/** Entry of the revision gate. What it checks is in the properties of the custom resource that invokes it. */
import { Logger } from '@aws-lambda-powertools/logger';
import { signedFetch } from '@pilotlight/app/internal/aws/signed-fetch';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { createHandler } from './create-handler.ts';

export const handler = createHandler({
  ask: signedFetch({ service: 'lambda', environment: process.env }),
  logger: new Logger({ serviceName: SERVICE }),
});
