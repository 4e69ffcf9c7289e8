/** The handlers of every wire format. What a cold start does not need is loaded with the first request for it. */
import { inFlightLimit } from '../request/in-flight.ts';
import type { FormatParts } from '../serve/predictions.ts';
import type { RouteHandler } from '../serve/serving.ts';
import { huggingFaceHandler } from './hugging-face/codec.ts';

type Make = (parts: FormatParts) => RouteHandler;

export function predictionHandlers(parts: FormatParts) {
  const limited = inFlightLimit(parts.limits.maxConcurrentRequests);
  const lazily = (load: () => Promise<Make>): RouteHandler => {
    let handler: Promise<RouteHandler> | undefined;
    return async (c, call) => {
      handler ??= load().then((make) => make(parts));
      return (await handler)(c, call);
    };
  };
  const openAi = () => import('./openai/codec.ts');
  const tei = () => import('./tei/index.ts');
  const v2 = () => import('./open-inference/codec.ts');
  const predict = limited(huggingFaceHandler(parts));
  const infer = limited(lazily(async () => (await v2()).inferHandler));
  const metadata = lazily(async () => (await v2()).metadataHandler);
  const modelReady = lazily(async () => (await v2()).modelReadyHandler);
  return {
    predict,
    predictVersion: predict,
    pipeline: predict,
    openAiEmbeddings: limited(lazily(async () => (await openAi()).embeddingsHandler)),
    openAiModels: lazily(async () => (await openAi()).openAiModelsHandler),
    openAiModel: lazily(async () => (await openAi()).openAiModelHandler),
    teiEmbed: limited(lazily(async () => (await tei()).embedHandler)),
    teiEmbedAll: limited(lazily(async () => (await tei()).embedAllHandler)),
    teiRerank: limited(lazily(async () => (await tei()).rerankHandler)),
    teiPredict: limited(lazily(async () => (await tei()).classifyHandler)),
    teiSimilarity: limited(lazily(async () => (await tei()).similarityHandler)),
    teiTokenize: limited(lazily(async () => (await tei()).tokenizeHandler)),
    teiDecode: limited(lazily(async () => (await tei()).decodeHandler)),
    teiInfo: lazily(async () => (await tei()).infoHandler),
    v2Server: lazily(async () => (await v2()).serverHandler),
    v2Model: metadata,
    v2ModelVersion: metadata,
    v2ModelReady: modelReady,
    v2ModelVersionReady: modelReady,
    v2Infer: infer,
    v2InferVersion: infer,
    sageMakerInvocations: limited(lazily(async () => (await import('./sagemaker/codec.ts')).invocationsHandler)),
  };
}
