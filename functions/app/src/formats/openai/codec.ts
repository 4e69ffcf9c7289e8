/** The wire format of OpenAI's embeddings: https://platform.openai.com/docs/api-reference/embeddings */
import { EngineError } from '@pilotlight/engine';
import * as z from 'zod/mini';
import { noSuchModel } from '../../serve/no-such-model.ts';
import { isRemote } from '../../serve/ports.ts';
import { answer, type FormatParts, predict } from '../../serve/predictions.ts';
import { respondJson } from '../../answer/respond.ts';
import type { RouteHandler } from '../../serve/serving.ts';
import { checkInputs, parseBody, refuseField } from '../../request/parse.ts';
import { poolingFor } from '../pooling.ts';
import { tokenIds } from '../token-ids.ts';
import { base64OfVector, isVector } from '../vectors.ts';

const ids = z.array(z.int()).check(z.minLength(1));

export const embeddingsRequest = z.object({
  model: z.string().check(z.meta({ description: 'Name of a model, or `name@version`' })),
  input: z
    .union(
      [z.string(), z.array(z.string()), ids, z.array(ids)],
      'must be a text, a list of texts, or the ids of tokens of one text or of several',
    )
    .check(z.meta({ description: 'A text, texts, the token ids of a text, or those of several' })),
  dimensions: z.nullish(z.int().check(z.positive())),
  encoding_format: z.nullish(z.enum(['float', 'base64'])),
  user: z.nullish(z.string()).check(z.meta({ description: 'Taken and ignored' })),
});

const TASK = 'feature-extraction';

/** `POST /v1/embeddings`: one vector of length 1 for each input, as OpenAI's are, pooled as the model does it, or by the mean. */
export function embeddingsHandler(parts: FormatParts): RouteHandler {
  return async (c, call) => {
    const request = parseBody(embeddingsRequest, await call.body.json());
    const { input, dimensions, encoding_format } = request;
    const inputs = inputsOf(input);
    if (inputs.length === 0) throw refuseField('input', 'must not be empty');
    checkInputs(inputs, parts.limits);
    const model = await parts.engine.predictor(request.model);
    const { manifest } = model;
    call.nameModel(manifest.name);
    const parameters = {
      ...poolingFor(model),
      normalize: true,
      ...(dimensions !== null && dimensions !== undefined && { dimensions }),
    };
    const prediction = await predict(c, call, parts, { model, task: TASK, inputs, parameters });
    return answer(c, call, parts, model, prediction, ({ results, tokens }) => ({
      object: 'list',
      data: results.map((result, index) => {
        if (!isVector(result)) throw new EngineError('PACKAGE_INVALID', 'The model gave no vector.');
        const embedding = encoding_format === 'base64' ? base64OfVector(result) : result;
        return { object: 'embedding', index, embedding };
      }),
      model: request.model,
      usage: { prompt_tokens: tokens.total, total_tokens: tokens.total },
    }));
  };
}

function inputsOf(input: z.infer<typeof embeddingsRequest>['input']): readonly unknown[] {
  if (typeof input === 'string') return [input];
  const [first] = input;
  return typeof first === 'number' ? [tokenIds(input)] : input.map(tokenIds);
}

/** `GET /v1/models`: the models that can be served, by name. */
export function openAiModelsHandler({ engine }: FormatParts): RouteHandler {
  return async (c) => respondJson(c, { object: 'list', data: (await names(engine)).map(modelOf) });
}

/** `GET /v1/models/{model}` */
export function openAiModelHandler({ engine }: FormatParts): RouteHandler {
  return async (c) => {
    const wanted = c.req.param('model') ?? '';
    const models = await names(engine);
    if (models.includes(wanted)) return respondJson(c, modelOf(wanted));
    throw noSuchModel(models, { field: 'model' });
  };
}

async function names(engine: FormatParts['engine']): Promise<string[]> {
  const entries = await engine.models();
  const servable = entries.filter((entry) => isRemote(entry) || entry.problem === undefined);
  return [...new Set(servable.map(({ name }) => name))];
}

/** `created` is asked for and not known: packages say nothing of when they were made. */
const modelOf = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'pilotlight' });
