/** A predict function in an environment of its own, on a fake engine, and what it writes for CloudWatch. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, vi } from 'vitest';
import { WARM_UP_SOURCE } from '../../../functions/app/src/aws/warm-up.ts';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { preload } from '../../../functions/app/src/settings/preload.ts';
import { type EmfSettings, emfTelemetry } from '../../../functions/app/src/telemetry/emf.ts';
import { createHandler } from '../../../functions/predict/create-handler.ts';
import { fakeEngine, silent } from './fake-engine.ts';
import { lambdaContext } from './lambda-context.ts';

/** Lines of log of the test under way, metrics among them. */
export let emitted: Record<string, unknown>[] = [];

/** Has each test of the calling file begin with no lines, and with the environment of a function on Lambda. */
export function recordEmitted(): void {
  beforeEach(() => {
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
    emitted = [];
    const capture = (line: string) => emitted.push(JSON.parse(line));
    vi.spyOn(console, 'log').mockImplementation(capture);
    vi.spyOn(console, 'error').mockImplementation(capture);
    vi.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
}

export const HEALTH = { version: '2.0', rawPath: '/health', requestContext: { http: { method: 'GET' } } };

export async function predictEnvironment(
  models: string[] = ['sentiment'],
  engine = fakeEngine(),
  { requests = 'each', stages = 'log', now }: Partial<EmfSettings> = {},
) {
  const metrics = new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' });
  const preloaded = preload(engine, models, silent);
  await preloaded.settled;
  const handler = createHandler({
    engine,
    preload: preloaded,
    ready: Promise.resolve(321),
    limits: DEFAULT_LIMITS,
    logger: new Logger({ serviceName: 'pilotlight' }),
    metrics,
    emf: emfTelemetry(metrics, { requests, stages, ...(now && { now }) }),
    stages,
  });
  const invoke = async (event: unknown, remainingMs?: number) =>
    handler(JSON.parse(JSON.stringify(event)), lambdaContext(remainingMs));
  return {
    invoke,
    warmUp: (event: object = {}, remainingMs?: number) =>
      invoke({ source: WARM_UP_SOURCE, ...event }, remainingMs),
  };
}
