/** The routes of Hugging Face's inference endpoints. */
import type { Route } from '../../serve/route.ts';

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
  predictDefault: {
    method: 'post',
    path: '/',
    tag: 'Predictions',
    summary: 'Predict by the default model, as the address of an inference endpoint does',
  },
} as const satisfies Record<string, Route>;
