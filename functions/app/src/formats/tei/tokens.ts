/** The routes of TEI that need no more than the tokenizer or the manifest. */
import { ENGINE_VERSION, listTasks, type Tokenization, type TokenLimits } from '@pilotlight/engine';
import { refuseMoreTokens } from '@pilotlight/engine/internal/batching/token-limits';
import { toCodePoints } from '@pilotlight/engine/internal/math/offsets';
import { refuseMoreCharacters } from '@pilotlight/engine/internal/predict/character-limits';
import { findChecksum } from '@pilotlight/model-format';
import type { Limits } from '../../http/limits.ts';
import { checkInputs, parseBody, refuseEmpty } from '../../http/request/parse.ts';
import { requestedModel } from '../../http/request/requested-model.ts';
import type { TokenModel } from '../../serve/ports.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { decodeRequest, tokenizeRequest } from './requests.ts';

export const tokenize: Codec = {
  decode: async ({ c, body }, { limits }) => {
    const { inputs, add_special_tokens } = parseBody(tokenizeRequest, await body.json());
    const texts = [inputs].flat();
    if (texts.length === 0) throw refuseEmpty('inputs');
    checkInputs(texts, limits);
    refuseMoreCharacters(
      texts.map((text) => ({ text })),
      limits,
    );
    const ref = requestedModel(c);
    return {
      ref,
      work: async (engine) => {
        const model = await engine.predictor(ref);
        return {
          model,
          tell: async () => {
            const tokenized = await model.tokenize(texts, {
              addSpecialTokens: add_special_tokens,
              limits: forCall(limits),
            });
            return tokenized.map((tokens, i) => describeTokens(tokens, texts[i] ?? ''));
          },
        };
      },
    };
  },
};

export const decode: Codec = {
  decode: async ({ c, body }, { limits }) => {
    const { ids, skip_special_tokens } = parseBody(decodeRequest, await body.json());
    if (ids.length === 0) throw refuseEmpty('ids');
    const lists = isOneList(ids) ? [ids] : ids;
    checkInputs(lists, limits);
    refuseMoreTokens(countIds(lists), forCall(limits), { field: 'ids' });
    const ref = requestedModel(c);
    return {
      ref,
      work: async (engine) => {
        const model = await engine.predictor(ref);
        return { model, tell: () => model.decode(lists, { skipSpecialTokens: skip_special_tokens }) };
      },
    };
  },
};

const isOneList = (ids: number[] | number[][]): ids is number[] => typeof ids[0] === 'number';

/** `GET .../info`: what TEI says of its one model, as far as it means something here. */
export const info: Codec = {
  decode: ({ c }, { limits }) => {
    const ref = requestedModel(c);
    return {
      ref,
      work: async (engine) => {
        const model = await engine.predictor(ref);
        return { model, tell: () => describeModel(model, limits) };
      },
    };
  },
};

function describeModel({ manifest, variantName, maxBatchTokens }: TokenModel, limits: Limits) {
  const { name, version, labels, taskDefaults, textProcessing } = manifest;
  const id2label = Object.fromEntries(labels.entries());
  const label2id = Object.fromEntries(labels.map((label, index) => [label, index]));
  const kinds = listTasks(manifest);
  const model_type = {
    ...(kinds.includes('feature-extraction') && {
      embedding: { pooling: taskDefaults?.pooling ?? 'mean' },
    }),
    ...(kinds.includes('text-classification') && { classifier: { id2label, label2id } }),
    ...(kinds.includes('text-ranking') && { reranker: { id2label, label2id } }),
  };
  return {
    model_id: name,
    model_sha: findChecksum(manifest) ?? null,
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
  };
}

const countIds = (lists: readonly (readonly number[])[]): number[] => lists.map(({ length }) => length);

/** No model reads these tokens, so that only their sum is bounded. */
const forCall = ({ maxCallTokens }: Limits): TokenLimits => ({ maxCallTokens });

/** `start` and `stop` count code points, as Python does; a special token is of no text. */
function describeTokens({ ids, tokens, spans, specialTokensMask }: Tokenization, text: string) {
  const position = toCodePoints(text);
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
