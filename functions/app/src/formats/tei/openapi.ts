/** The operations of text-embeddings-inference as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { gets, posts } from '../../openapi/parts.ts';
import { modelParams } from '../../openapi/schemas.ts';
import { formatError } from './errors.ts';
import * as requests from './requests.ts';

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
const ranks = z.array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }));
const classes = z.union([z.array(labelScore), z.array(z.array(labelScore))]);
const likenesses = z.array(z.number());
const tokens = z.array(
  z.array(
    z.object({
      id: z.int(),
      text: z.string(),
      special: z.boolean(),
      start: z.int().nullable().meta({ description: 'In code points' }),
      stop: z.int().nullable(),
    }),
  ),
);
const texts = z.array(z.string());
const info = z.looseObject({ model_id: z.string(), model_sha: z.string().nullable() });

const look = { format: formatError, schema: teiError };
const asks = (body: keyof typeof bodies, example: unknown, answer: z.ZodType) =>
  posts({ body, example, answer, params: modelParams, codes: ['EMPTY_INPUT'], look });

const two = { inputs: ['I love this', 'I hate this'] };
export const operations = {
  teiEmbed: asks('EmbedRequest', two, vectors),
  teiEmbedAll: asks('EmbedAllRequest', two, tokenVectors),
  teiRerank: asks('RerankRequest', { query: 'what is it', texts: ['It is it.', 'No.'] }, ranks),
  teiPredict: asks('ClassifyRequest', { inputs: [['I love this'], ['I hate this']] }, classes),
  teiSimilarity: asks(
    'SimilarityRequest',
    { inputs: { source_sentence: 'I love this', sentences: ['I like this', 'I hate this'] } },
    likenesses,
  ),
  teiTokenize: asks('TokenizeRequest', { inputs: 'I love this' }, tokens),
  teiDecode: asks('DecodeRequest', { ids: [5, 6, 7] }, texts),
  teiInfo: gets('What it is', info, modelParams, look),
};
