/** The routes of OpenAI. */
import type { Route } from '../../serve/route.ts';

export const routes = {
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
} as const satisfies Record<string, Route>;
