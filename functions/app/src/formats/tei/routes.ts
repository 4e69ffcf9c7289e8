/** The routes of text-embeddings-inference (TEI), for each model. */
import type { Route } from '../../serve/route.ts';

export const routes = {
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
} as const satisfies Record<string, Route>;
