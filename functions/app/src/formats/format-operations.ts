/** The operations of the formats beside Hugging Face's. */
import type { ErrorCode } from '../answer/error-codes.ts';
import type { RouteTag } from '../routes.ts';
import type { BodyName } from '../docs/bodies.ts';
import * as shapes from './format-schemas.ts';
import { accepted, body, errors, json, PREDICT_ERRORS, predictions } from '../openapi/parts.ts';
import * as schemas from '../openapi/schemas.ts';

const { modelParams, versionParams } = schemas;
type Schema = typeof schemas.predictResponse | Parameters<typeof predictions>[0];
const NOT_FOUND: readonly ErrorCode[] = ['MODEL_NOT_FOUND', 'NOT_READY'];

function posts(tag: RouteTag, name: BodyName, example: unknown, answer: Schema, params?: typeof modelParams) {
  const codes: readonly ErrorCode[] = tag === 'TEI' ? [...PREDICT_ERRORS, 'EMPTY_INPUT'] : PREDICT_ERRORS;
  return {
    request: { body: body(name, example), ...(params && { params }) },
    responses: { 200: predictions(answer), 202: accepted(), ...errors(codes, tag) },
  };
}

function gets(description: string, schema: Schema, params?: typeof modelParams, tag?: RouteTag) {
  return {
    ...(params && { request: { params } }),
    responses: {
      200: json(description, schema ?? schemas.predictResponse),
      ...(params && errors(NOT_FOUND, tag)),
    },
  };
}

const tei = (name: BodyName, example: unknown, answer: Schema) =>
  posts('TEI', name, example, answer, modelParams);

export const openAiOperations = {
  openAiEmbeddings: posts(
    'OpenAI',
    'EmbeddingsRequest',
    { model: 'encoder', input: 'I love this' },
    shapes.embeddings,
  ),
  openAiModels: gets('The models', shapes.openAiModels),
  openAiModel: gets('The model', shapes.openAiModel, modelParams, 'OpenAI'),
};

const texts = { inputs: ['I love this', 'I hate this'] };
export const teiOperations = {
  teiEmbed: tei('EmbedRequest', texts, shapes.vectors),
  teiEmbedAll: tei('EmbedAllRequest', texts, shapes.tokenVectors),
  teiRerank: tei('RerankRequest', { query: 'what is it', texts: ['It is it.', 'No.'] }, shapes.ranks),
  teiPredict: tei('ClassifyRequest', { inputs: [['I love this'], ['I hate this']] }, shapes.classes),
  teiSimilarity: tei(
    'SimilarityRequest',
    { inputs: { source_sentence: 'I love this', sentences: ['I like this', 'I hate this'] } },
    shapes.likenesses,
  ),
  teiTokenize: tei('TokenizeRequest', { inputs: 'I love this' }, shapes.tokens),
  teiDecode: tei('DecodeRequest', { ids: [5, 6, 7] }, shapes.texts),
  teiInfo: gets('What it is', shapes.info, modelParams, 'TEI'),
};

const inferExample = {
  inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['I love this'] }],
};
const ready = { 200: json('They are', schemas.readyReport), ...errors(['NOT_READY']) };
export const v2Operations = {
  v2Server: gets('The server', shapes.server),
  v2Live: gets('It is', shapes.live),
  v2Ready: { responses: ready },
  v2Model: gets('The model', shapes.modelMetadata, modelParams),
  v2ModelReady: gets('It can', shapes.modelReady, modelParams),
  v2Infer: posts('Open Inference', 'InferRequest', inferExample, shapes.inference, modelParams),
  v2ModelVersion: gets('The model', shapes.modelMetadata, versionParams),
  v2ModelVersionReady: gets('It can', shapes.modelReady, versionParams),
  v2InferVersion: posts('Open Inference', 'InferRequest', inferExample, shapes.inference, versionParams),
};

export const sageMakerOperations = {
  sageMakerPing: { responses: ready },
  sageMakerInvocations: posts(
    'SageMaker',
    'PredictRequest',
    { inputs: 'I love this' },
    schemas.predictResponse,
  ),
};
