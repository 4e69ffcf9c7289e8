/** The operations of text-embeddings-inference as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { asksTokenizer, getsModel, posts } from '../../openapi/parts.ts';
import { modelParams } from '../../openapi/schemas.ts';
import type { Ability } from '../../serve/default-model.ts';
import { formatError } from './errors.ts';
import * as requests from './requests.ts';

export const tags = {
  TEI: 'The format of text-embeddings-inference (TEI), for each model, and at the root for the default model',
};
export const bodies = {
  EmbedRequest: requests.embedRequest,
  EmbedAllRequest: requests.embedAllRequest,
  RerankRequest: requests.rerankRequest,
  ClassifyRequest: requests.classifyRequest,
  SimilarityRequest: requests.similarityRequest,
  TokenizeRequest: requests.tokenizeRequest,
  DecodeRequest: requests.decodeRequest,
};

const code = z.string().meta({ description: 'Stable' });
const teiError = z.looseObject({ error: z.string(), error_type: z.string(), code }).meta({ id: 'TeiError' });
const labelScore = z.object({ label: z.string(), score: z.number() });
const vectors = z.array(z.array(z.number())).meta({ description: '[inputs][hidden]' });
const tokenVectors = z.array(z.array(z.array(z.number()))).meta({ description: '[inputs][tokens][hidden]' });
const sparse = z.array(z.array(z.object({ index: z.int(), value: z.number() })));
const ranks = z.array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }));
const classes = z.union([z.array(labelScore), z.array(z.array(labelScore))]);
const likenesses = z.array(z.number());
const tokens = z.array(
  z.array(
    z.object({
      id: z.int(),
      text: z.string(),
      special: z.boolean(),
      start: z.int().nullable().meta({ description: 'In bytes of UTF-8' }),
      stop: z.int().nullable(),
    }),
  ),
);
const texts = z.array(z.string());
const info = z.looseObject({
  model_id: z.string(),
  model_sha: z.string().nullable(),
  model_dtype: z.string(),
  served_model_name: z.string(),
  model_type: z.looseObject({}),
  max_concurrent_requests: z.int(),
  max_input_length: z.int(),
  max_batch_tokens: z.int(),
  max_batch_requests: z.int().nullable(),
  max_client_batch_size: z.int(),
  auto_truncate: z.boolean(),
  tokenization_workers: z.int(),
  version: z.string(),
});
const health = z.object({ status: z.literal('ok') });

const look = { format: formatError, schema: teiError };
const answerHeaders = z.object({
  'x-compute-type': z.string().meta({ description: 'Where the graph ran' }),
  'x-compute-time': z
    .string()
    .meta({ description: 'The same as `x-total-time`; all times are whole milliseconds' }),
  'x-compute-characters': z.string().meta({ description: 'Characters of the texts' }),
});

const TWO = { inputs: ['I love this', 'I hate this'] };
const RANKED = { query: 'what is it', texts: ['It is it.', 'No.'] };
const CLASSES = { inputs: [['I love this'], ['I hate this']] };
const COMPARED = { inputs: { source_sentence: 'I love this', sentences: ['I like this', 'I hate this'] } };

/** The routes below each model, or those at the root, which the default model answers. */
function describeRoutes(isNamed: boolean) {
  const place = isNamed ? { params: modelParams } : {};
  const at = (
    ability: Ability | readonly Ability[],
    body: keyof typeof bodies,
    example: object | undefined,
    answer: z.ZodType,
  ) =>
    ({
      body,
      ...(example && { to: { abilities: [ability].flat(), body: example, byDefault: !isNamed } }),
      ...place,
      answer,
      codes: ['EMPTY_INPUT'],
      look,
    }) as const;
  const predicts = (...asked: Parameters<typeof at>) => posts({ ...at(...asked), answerHeaders });
  const splits = (...asked: Parameters<typeof at>) => asksTokenizer(at(...asked));
  const tells = (description: string, answer: z.ZodType) =>
    getsModel({ description, answer, to: { abilities: ['tokens'], byDefault: !isNamed }, ...place, look });
  return {
    embed: predicts('feature-extraction', 'EmbedRequest', TWO, vectors),
    embedAll: predicts('feature-extraction', 'EmbedAllRequest', TWO, tokenVectors),
    embedSparse: predicts('tokens', 'EmbedAllRequest', undefined, sparse),
    rerank: predicts('text-ranking', 'RerankRequest', RANKED, ranks),
    predict: predicts(['text-classification', 'predictor'], 'ClassifyRequest', CLASSES, classes),
    similarity: predicts('sentence-similarity', 'SimilarityRequest', COMPARED, likenesses),
    tokenize: splits('tokens', 'TokenizeRequest', TWO, tokens),
    decode: splits('tokens', 'DecodeRequest', { ids: [5, 6, 7] }, texts),
    info: tells('What it is', info),
    health: tells('It can answer', health),
  };
}

const [named, unnamed] = [describeRoutes(true), describeRoutes(false)];

export const operations = {
  teiEmbed: named.embed,
  teiEmbedAll: named.embedAll,
  teiEmbedSparse: named.embedSparse,
  teiRerank: named.rerank,
  teiPredict: named.predict,
  teiSimilarity: named.similarity,
  teiTokenize: named.tokenize,
  teiDecode: named.decode,
  teiInfo: named.info,
  teiHealth: named.health,
  teiDefaultEmbed: unnamed.embed,
  teiDefaultEmbedAll: unnamed.embedAll,
  teiDefaultEmbedSparse: unnamed.embedSparse,
  teiDefaultRerank: unnamed.rerank,
  teiDefaultPredict: unnamed.predict,
  teiDefaultSimilarity: unnamed.similarity,
  teiDefaultTokenize: unnamed.tokenize,
  teiDefaultDecode: unnamed.decode,
  teiDefaultInfo: unnamed.info,
};
