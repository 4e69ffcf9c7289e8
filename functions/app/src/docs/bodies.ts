/** The bodies that routes take, each by the schema that checks it. */
import { predictRequest } from '../formats/hugging-face/request.ts';
import { inferRequest } from '../formats/open-inference/request.ts';
import { embeddingsRequest } from '../formats/openai/codec.ts';
import * as tei from '../formats/tei/requests.ts';
import { jobRequest } from '../service/job-request.ts';

export const bodies = {
  PredictRequest: predictRequest,
  EmbeddingsRequest: embeddingsRequest,
  EmbedRequest: tei.embedRequest,
  EmbedAllRequest: tei.embedAllRequest,
  RerankRequest: tei.rerankRequest,
  ClassifyRequest: tei.classifyRequest,
  SimilarityRequest: tei.similarityRequest,
  TokenizeRequest: tei.tokenizeRequest,
  DecodeRequest: tei.decodeRequest,
  InferRequest: inferRequest,
  JobRequest: jobRequest,
};
export type BodyName = keyof typeof bodies;
