/**
 * The one route table: what the app serves, what the OpenAPI document describes, what API Gateway forwards. Plain
 * data that loads nothing; `openapi/operations.ts` has the schemas.
 */
export type RouteTag =
  | 'Predictions'
  | 'OpenAI'
  | 'TEI'
  | 'Open Inference'
  | 'SageMaker'
  | 'Models'
  | 'Operations'
  | 'Documentation';

export interface Route {
  readonly method: 'get' | 'post';
  /** As OpenAPI and API Gateway write it, parameters in braces. */
  readonly path: string;
  /** What it belongs to; it decides how errors look, too. */
  readonly tag: RouteTag;
  readonly summary: string;
}

export const routes = {
  predict: {
    method: 'post',
    path: '/models/{model}',
    tag: 'Predictions',
    summary: 'Predict, in the format of Hugging Face inference endpoints',
  },
  predictVersion: {
    method: 'post',
    path: '/models/{model}/versions/{version}',
    tag: 'Predictions',
    summary: 'Predict with one version of a model',
  },
  pipeline: {
    method: 'post',
    path: '/pipeline/{task}/{model}',
    tag: 'Predictions',
    summary: 'Predict by a task that is named, of those that the model can do',
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
  openapi: {
    method: 'get',
    path: '/openapi.json',
    tag: 'Documentation',
    summary: 'This description',
  },
  docs: {
    method: 'get',
    path: '/docs',
    tag: 'Documentation',
    summary: 'This description as a page from which requests can be sent',
  },
  home: {
    method: 'get',
    path: '/',
    tag: 'Documentation',
    summary: 'Leads to /docs',
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
