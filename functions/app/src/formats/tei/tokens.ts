/** The routes of TEI that need no more than the tokenizer or the manifest. */
import {
  checksumOf,
  ENGINE_VERSION,
  EngineError,
  refuseMoreCharacters,
  type Tokenization,
  tasksOf,
} from '@pilotlight/engine';
import type { Limits } from '../../request/limits.ts';
import type { FormatParts } from '../../serve/predictions.ts';
import { requestedModel } from '../../request/requested-model.ts';
import { respondJson } from '../../answer/respond.ts';
import type { RouteHandler } from '../../serve/serving.ts';
import { codePointsOf } from '../code-points.ts';
import { checkInputs, parseBody } from '../../request/parse.ts';
import { empty } from './codec.ts';
import { decodeRequest, tokenizeRequest } from './requests.ts';

export function tokenizeHandler({ engine, limits }: FormatParts): RouteHandler {
  return async (c, call) => {
    const { inputs, add_special_tokens } = parseBody(tokenizeRequest, await call.body.json());
    const texts = [inputs].flat();
    if (texts.length === 0) throw empty('inputs');
    checkInputs(texts, limits);
    refuseMoreCharacters(
      texts.map((text) => ({ text })),
      limits,
    );
    const model = await engine.predictor(requestedModel(c));
    call.nameModel(model.manifest.name);
    const tokenized = await model.tokenize(texts, { addSpecialTokens: add_special_tokens });
    refuseMoreTokens(
      'inputs',
      tokenized.map(({ ids }) => ids),
      limits,
    );
    return respondJson(
      c,
      tokenized.map((tokens, i) => tokensOf(tokens, texts[i] ?? '')),
    );
  };
}

function refuseMoreTokens(field: string, lists: readonly (readonly number[])[], limits: Limits): void {
  const tokens = lists.reduce((sum, ids) => sum + ids.length, 0);
  const { maxCallTokens: maxTokens } = limits;
  if (tokens <= maxTokens) return;
  throw new EngineError(
    'TOO_MANY_TOKENS',
    `${tokens} tokens in one call; at most ${maxTokens} are taken. Send fewer ${field}, or shorter ones.`,
    { details: { field, tokens, maxTokens } },
  );
}

/** `start` and `stop` count code points, as Python does; a special token is of no text. */
function tokensOf({ ids, tokens, spans, specialTokensMask }: Tokenization, text: string) {
  const position = codePointsOf(text);
  return ids.map((id, i) => {
    const special = specialTokensMask[i] === 1;
    const [start, stop] = spans[i] ?? [0, 0];
    return {
      id,
      text: special ? (tokens[i] ?? '') : text.slice(start, stop),
      special,
      start: special ? null : position(start),
      stop: special ? null : position(stop),
    };
  });
}

export function decodeHandler({ engine, limits }: FormatParts): RouteHandler {
  return async (c, call) => {
    const { ids, skip_special_tokens } = parseBody(decodeRequest, await call.body.json());
    if (ids.length === 0) throw empty('ids');
    const lists = isOneList(ids) ? [ids] : ids;
    checkInputs(lists, limits);
    refuseMoreTokens('ids', lists, limits);
    const model = await engine.predictor(requestedModel(c));
    call.nameModel(model.manifest.name);
    return respondJson(c, await model.decode(lists, { skipSpecialTokens: skip_special_tokens }));
  };
}

const isOneList = (ids: number[] | number[][]): ids is number[] => typeof ids[0] === 'number';

/** `GET .../info`: what TEI says of its one model, as far as it means something here. */
export function infoHandler({ engine, limits }: FormatParts): RouteHandler {
  return async (c, call) => {
    const { manifest, variantName, maxBatchTokens } = await engine.predictor(requestedModel(c));
    call.nameModel(manifest.name);
    const { name, version, labels, taskDefaults, textProcessing } = manifest;
    const id2label = Object.fromEntries(labels.entries());
    const label2id = Object.fromEntries(labels.map((label, index) => [label, index]));
    const kinds = tasksOf(manifest);
    const model_type = {
      ...(kinds.includes('feature-extraction') && {
        embedding: { pooling: taskDefaults?.pooling ?? 'mean' },
      }),
      ...(kinds.includes('text-classification') && { classifier: { id2label, label2id } }),
      ...(kinds.includes('text-ranking') && { reranker: { id2label, label2id } }),
    };
    return respondJson(c, {
      model_id: name,
      model_sha: checksumOf(manifest) ?? null,
      model_version: version,
      model_dtype: variantName,
      model_type,
      tasks: kinds,
      max_concurrent_requests: limits.maxConcurrentRequests,
      max_input_length: textProcessing.maxTokens,
      max_batch_tokens: maxBatchTokens,
      max_client_batch_size: limits.maxInputs,
      auto_truncate: false,
      version: ENGINE_VERSION,
    });
  };
}
