/** The routes of text-embeddings-inference (TEI): for each model, and at the root for the default model, where TEI has them. */
import type { Route } from '../../serve/route.ts';

const ofModel = {
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
  teiEmbedSparse: {
    method: 'post',
    path: '/models/{model}/embed_sparse',
    tag: 'TEI',
    summary: 'A weight for each word of the vocabulary that a text is about',
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

/** The same route without the model in its path. */
function atRoot<R extends Route>({ method, path, tag, summary }: R) {
  return {
    method,
    path: path.replace('/models/{model}', ''),
    tag,
    summary: `${summary}, by the default model`,
  };
}

export const routes = {
  ...ofModel,
  teiHealth: {
    method: 'get',
    path: '/models/{model}/health',
    tag: 'TEI',
    summary: 'Whether the model can be loaded',
  },
  teiDefaultEmbed: atRoot(ofModel.teiEmbed),
  teiDefaultEmbedAll: atRoot(ofModel.teiEmbedAll),
  teiDefaultEmbedSparse: atRoot(ofModel.teiEmbedSparse),
  teiDefaultRerank: atRoot(ofModel.teiRerank),
  teiDefaultPredict: atRoot(ofModel.teiPredict),
  teiDefaultSimilarity: atRoot(ofModel.teiSimilarity),
  teiDefaultTokenize: atRoot(ofModel.teiTokenize),
  teiDefaultDecode: atRoot(ofModel.teiDecode),
  teiDefaultInfo: atRoot(ofModel.teiInfo),
} as const satisfies Record<string, Route>;
