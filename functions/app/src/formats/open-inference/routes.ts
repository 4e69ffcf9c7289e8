/** The routes of the Open Inference Protocol, version 2. */
import type { Route } from '../../serve/route.ts';

export const routes = {
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
} as const satisfies Record<string, Route>;
