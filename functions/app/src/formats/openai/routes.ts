/** The routes of OpenAI. */
import type { Route } from '../../serve/route.ts';

export const routes = {
  openAiEmbeddings: {
    method: 'post',
    path: '/v1/embeddings',
    tag: 'OpenAI',
    summary: 'Embeddings, in the format of OpenAI',
  },
  openAiCompletions: {
    method: 'post',
    path: '/v1/completions',
    tag: 'OpenAI',
    summary: 'A text goes on, in the format of OpenAI',
  },
  openAiChat: {
    method: 'post',
    path: '/v1/chat/completions',
    tag: 'OpenAI',
    summary: 'A conversation goes on, in the format of OpenAI',
  },
  openAiModelCompletions: {
    method: 'post',
    path: '/models/{model}/v1/completions',
    tag: 'OpenAI',
    summary: 'A text goes on, by the model of the path',
  },
  openAiModelChat: {
    method: 'post',
    path: '/models/{model}/v1/chat/completions',
    tag: 'OpenAI',
    summary: 'A conversation goes on, by the model of the path',
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
