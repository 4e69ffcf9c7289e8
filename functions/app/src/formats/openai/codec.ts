/** The wire format of OpenAI: embeddings and models here, texts in generation/. https://platform.openai.com/docs/api-reference */
import { EngineError } from '@pilotlight/engine';
import type * as z from 'zod/mini';
import { checkInputs, parseBody, refuseField } from '../../http/request/parse.ts';
import type { AppDependencies } from '../../serve/ports.ts';
import { isRemote } from '../../serve/ports.ts';
import { listModels, noSuchModel } from '../../serve/resolve.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { poolingFor } from '../pooling.ts';
import { predictWork } from '../predict-work.ts';
import { encodeVector, isVector } from '../vectors.ts';
import { chat } from './generation/chat.ts';
import { completions } from './generation/completions.ts';
import { embeddingsRequest, MAX_INPUTS } from './request.ts';
import type { routes } from './routes.ts';
import { refuseTokenIds } from './token-ids.ts';

/** `POST /v1/embeddings`: one vector of length 1 for each input, as OpenAI's are, pooled as the model does it, or by the mean. */
const embeddings: Codec = {
  decode: async ({ body }, { limits, openAiTokenIds }) => {
    const request = parseBody(embeddingsRequest, await body.json());
    const { dimensions, encoding_format } = request;
    const inputs = readInputs(request.input);
    if (inputs.length === 0) throw refuseField('input', 'must not be empty');
    // The limits of tokens bound the work; a lower number of inputs would break clients that fill their calls.
    checkInputs(inputs, { ...limits, maxInputs: Math.max(limits.maxInputs, MAX_INPUTS) });
    if (!openAiTokenIds && inputs.some((input) => typeof input !== 'string')) {
      throw refuseTokenIds('input', ' (LangChain: check_embedding_ctx_length=False)');
    }
    return {
      ref: request.model,
      work: async (engine) => {
        const model = await engine.predictor(request.model);
        return predictWork(engine, {
          model,
          task: 'feature-extraction',
          inputs,
          parameters: {
            ...poolingFor(model),
            normalize: true,
            ...(dimensions !== null && dimensions !== undefined && { dimensions }),
          },
          encode: ({ results, tokens }) => ({
            object: 'list',
            data: results.map((result, index) => {
              if (!isVector(result)) throw new EngineError('PACKAGE_INVALID', 'The model gave no vector.');
              const embedding = encoding_format === 'base64' ? encodeVector(result) : result;
              return { object: 'embedding', index, embedding };
            }),
            model: request.model,
            usage: { prompt_tokens: tokens.total, total_tokens: tokens.total },
          }),
        });
      },
    };
  },
};

function readInputs(input: z.infer<typeof embeddingsRequest>['input']): readonly unknown[] {
  if (typeof input === 'string') return [input];
  if (typeof input[0] === 'number') return [{ tokens: input }];
  return input.map((text) => (typeof text === 'string' ? text : { tokens: text }));
}

export const codecs: Record<keyof typeof routes, Codec> = {
  openAiEmbeddings: embeddings,
  openAiCompletions: completions,
  openAiChat: chat,
  openAiModelCompletions: completions,
  openAiModelChat: chat,
  openAiModels: {
    tell: async (_, parts) => ({ object: 'list', data: (await servableNames(parts)).map(describeModel) }),
  },
  openAiModel: {
    tell: async ({ c }, parts) => {
      const wanted = c.req.param('model') ?? '';
      const names = await servableNames(parts);
      if (names.includes(wanted)) return describeModel(wanted);
      throw noSuchModel(names, { field: 'model' });
    },
  },
};

async function servableNames(parts: AppDependencies): Promise<string[]> {
  const entries = await listModels(parts);
  const servable = entries.filter((entry) => isRemote(entry) || entry.problem === undefined);
  return [...new Set(servable.map(({ name }) => name))];
}

/** `created` is asked for and not known: packages say nothing of when they were made. */
const describeModel = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'pilotlight' });
