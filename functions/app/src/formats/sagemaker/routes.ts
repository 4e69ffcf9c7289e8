/** The routes that Amazon SageMaker asks a container for, and the one that its clients ask SageMaker for. */
import type { Route } from '../../serve/route.ts';

export const routes = {
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
  sageMakerEndpoint: {
    method: 'post',
    path: '/endpoints/{endpoint}/invocations',
    tag: 'SageMaker',
    summary: 'Predict with the model that has the name of the endpoint, or the one that a header names',
  },
} as const satisfies Record<string, Route>;
