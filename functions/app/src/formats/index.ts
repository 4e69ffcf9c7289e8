/**
 * The registry of wire formats: each is a folder with the same files. Plain data but for the loaders, so that whoever reads
 * the routes loads nothing else. To add a format, add its folder, and its row here.
 */
import { defineGroup } from '../serve/wire-format.ts';
import { formatError as allenNlpError } from './allennlp/errors.ts';
import { routes as allenNlpRoutes } from './allennlp/routes.ts';
import { formatError as huggingFaceError } from './hugging-face/errors.ts';
import { routes as huggingFaceRoutes } from './hugging-face/routes.ts';
import { formatError as openInferenceError } from './open-inference/errors.ts';
import { routes as openInferenceRoutes } from './open-inference/routes.ts';
import { formatError as openAiError } from './openai/errors.ts';
import { routes as openAiRoutes } from './openai/routes.ts';
import { formatError as sageMakerError } from './sagemaker/errors.ts';
import { routes as sageMakerRoutes } from './sagemaker/routes.ts';
import { formatError as teiError } from './tei/errors.ts';
import { routes as teiRoutes } from './tei/routes.ts';
import { formatError as tgiError } from './tgi/errors.ts';
import { routes as tgiRoutes } from './tgi/routes.ts';

export const formats = {
  'hugging-face': defineGroup({
    routes: huggingFaceRoutes,
    errors: huggingFaceError,
    codecs: async () => (await import('./hugging-face/codec.ts')).codecs,
    openapi: () => import('./hugging-face/openapi.ts'),
  }),
  openai: defineGroup({
    routes: openAiRoutes,
    errors: openAiError,
    codecs: async () => (await import('./openai/codec.ts')).codecs,
    openapi: () => import('./openai/openapi.ts'),
  }),
  tei: defineGroup({
    routes: teiRoutes,
    errors: teiError,
    codecs: async () => (await import('./tei/codec.ts')).codecs,
    openapi: () => import('./tei/openapi.ts'),
  }),
  tgi: defineGroup({
    routes: tgiRoutes,
    errors: tgiError,
    codecs: async () => (await import('./tgi/codec.ts')).codecs,
    openapi: () => import('./tgi/openapi.ts'),
  }),
  'open-inference': defineGroup({
    routes: openInferenceRoutes,
    errors: openInferenceError,
    codecs: async () => (await import('./open-inference/codec.ts')).codecs,
    openapi: () => import('./open-inference/openapi.ts'),
  }),
  sagemaker: defineGroup({
    routes: sageMakerRoutes,
    errors: sageMakerError,
    codecs: async () => (await import('./sagemaker/codec.ts')).codecs,
    openapi: () => import('./sagemaker/openapi.ts'),
  }),
  allennlp: defineGroup({
    routes: allenNlpRoutes,
    errors: allenNlpError,
    codecs: async () => (await import('./allennlp/codec.ts')).codecs,
    openapi: () => import('./allennlp/openapi.ts'),
  }),
};
