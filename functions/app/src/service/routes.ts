/** The app's own routes: jobs, models, and what operators ask. */
import type { Route } from '../serve/route.ts';

export const routes = {
  createJob: {
    method: 'post',
    path: '/jobs',
    tag: 'Jobs',
    summary: 'Predict without waiting for it',
  },
  job: {
    method: 'get',
    path: '/jobs/{id}',
    tag: 'Jobs',
    summary: 'How a job is doing, and its result',
  },
  cancelJob: {
    method: 'delete',
    path: '/jobs/{id}',
    tag: 'Jobs',
    summary: 'Cancel a job; of one that is over, delete request and result',
  },
  models: {
    method: 'get',
    path: '/models',
    tag: 'Models',
    summary: 'Every model, and why one is refused',
  },
  model: {
    method: 'get',
    path: '/models/{model}',
    tag: 'Models',
    summary: 'The manifest of a model in short',
  },
  modelVersion: {
    method: 'get',
    path: '/models/{model}/versions/{version}',
    tag: 'Models',
    summary: 'The manifest of one version of a model in short',
  },
  usage: {
    method: 'get',
    path: '/usage',
    tag: 'Operations',
    summary: 'What the key of the request has used, and what it has left',
  },
  health: {
    method: 'get',
    path: '/health',
    tag: 'Operations',
    summary: 'Whether the process is alive',
  },
  ready: {
    method: 'get',
    path: '/ready',
    tag: 'Operations',
    summary: 'Whether every model that is to be preloaded is loaded',
  },
  metrics: {
    method: 'get',
    path: '/metrics',
    tag: 'Operations',
    summary: 'Metrics of this process, in the text format of Prometheus',
  },
} as const satisfies Record<string, Route>;
