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
  | 'Jobs'
  | 'Models'
  | 'Operations'
  | 'Documentation';

export interface Route {
  readonly method: 'get' | 'post' | 'delete';
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
  openAiEmbeddings: {
    method: 'post',
    path: '/v1/embeddings',
    tag: 'OpenAI',
    summary: 'Embeddings, in the format of OpenAI',
  },
  openAiModels: {
    method: 'get',
    path: '/v1/models',
    tag: 'OpenAI',
    summary: 'The models that can be served',
  },
  openAiModel: {
    method: 'get',
    path: '/v1/models/{model}',
    tag: 'OpenAI',
    summary: 'One of them',
  },
  teiEmbed: {
    method: 'post',
    path: '/models/{model}/embed',
    tag: 'TEI',
    summary: 'A vector for each text',
  },
  teiEmbedAll: {
    method: 'post',
    path: '/models/{model}/embed_all',
    tag: 'TEI',
    summary: 'A vector for each token',
  },
  teiRerank: {
    method: 'post',
    path: '/models/{model}/rerank',
    tag: 'TEI',
    summary: 'Texts by how well they fit a query',
  },
  teiPredict: {
    method: 'post',
    path: '/models/{model}/predict',
    tag: 'TEI',
    summary: 'Labels of a text or a pair of texts',
  },
  teiSimilarity: {
    method: 'post',
    path: '/models/{model}/similarity',
    tag: 'TEI',
    summary: 'How alike sentences are to one',
  },
  teiTokenize: {
    method: 'post',
    path: '/models/{model}/tokenize',
    tag: 'TEI',
    summary: 'The tokens of texts',
  },
  teiDecode: {
    method: 'post',
    path: '/models/{model}/decode',
    tag: 'TEI',
    summary: 'The texts of tokens',
  },
  teiInfo: {
    method: 'get',
    path: '/models/{model}/info',
    tag: 'TEI',
    summary: 'What the model is and which limits it has',
  },
  v2Server: {
    method: 'get',
    path: '/v2',
    tag: 'Open Inference',
    summary: 'Name and version of the server',
  },
  v2Live: {
    method: 'get',
    path: '/v2/health/live',
    tag: 'Open Inference',
    summary: 'Whether the process is alive',
  },
  v2Ready: {
    method: 'get',
    path: '/v2/health/ready',
    tag: 'Open Inference',
    summary: 'Whether every model that is to be preloaded is loaded',
  },
  v2Model: {
    method: 'get',
    path: '/v2/models/{model}',
    tag: 'Open Inference',
    summary: 'Tensors of a model',
  },
  v2ModelReady: {
    method: 'get',
    path: '/v2/models/{model}/ready',
    tag: 'Open Inference',
    summary: 'Whether a model can be loaded',
  },
  v2Infer: {
    method: 'post',
    path: '/v2/models/{model}/infer',
    tag: 'Open Inference',
    summary: 'Predict on texts, or run the graph on tensors',
  },
  v2ModelVersion: {
    method: 'get',
    path: '/v2/models/{model}/versions/{version}',
    tag: 'Open Inference',
    summary: 'Tensors of one version of a model',
  },
  v2ModelVersionReady: {
    method: 'get',
    path: '/v2/models/{model}/versions/{version}/ready',
    tag: 'Open Inference',
    summary: 'Whether one version of a model can be loaded',
  },
  v2InferVersion: {
    method: 'post',
    path: '/v2/models/{model}/versions/{version}/infer',
    tag: 'Open Inference',
    summary: 'The same with one version of a model',
  },
  sageMakerPing: {
    method: 'get',
    path: '/ping',
    tag: 'SageMaker',
    summary: 'Whether every model that is to be preloaded is loaded',
  },
  sageMakerInvocations: {
    method: 'post',
    path: '/invocations',
    tag: 'SageMaker',
    summary: 'Predict with the only model, or the one that a header names',
  },
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
