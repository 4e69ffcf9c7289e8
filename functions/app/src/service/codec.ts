/** The codecs of the app's own routes. */
import { readUsage } from '../serve/callers/middleware.ts';
import { tellReady } from '../serve/ready.ts';
import type { Codec } from '../serve/wire-format.ts';
import { cancelJob, createJob, job } from './jobs.ts';
import { model, models } from './models.ts';
import type { routes } from './routes.ts';

const METRICS_HEADERS = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };

export const codecs: Record<keyof typeof routes, Codec> = {
  createJob,
  job,
  cancelJob,
  models,
  model,
  modelVersion: model,
  usage: { tell: ({ c }) => readUsage(c) },
  health: { tell: () => ({ status: 'ok', uptimeSeconds: process.uptime() }) },
  ready: { tell: (_, parts) => tellReady(parts) },
  metrics: { tell: ({ c }, { renderMetrics }) => c.body(renderMetrics(), 200, METRICS_HEADERS) },
};
