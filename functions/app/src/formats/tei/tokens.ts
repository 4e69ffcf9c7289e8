/** The routes of TEI that need no more than the tokenizer. */
import type { Tokenization, TokenLimits } from '@pilotlight/engine';
import { refuseMoreTokens } from '@pilotlight/engine/internal/batching/token-limits';
import { refuseMoreCharacters } from '@pilotlight/engine/internal/predict/character-limits';
import type { Limits } from '../../http/limits.ts';
import { checkInputs, refuseEmpty, refuseField } from '../../http/request/parse.ts';
import type { TokenModel } from '../../serve/ports.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { askedModel } from '../asked-model.ts';
import { readBody, refuseEmptyAmong } from './read.ts';
import { decodeRequest, tokenizeRequest } from './requests.ts';
import { toBytes } from './utf8-offsets.ts';

export const tokenize: Codec = {
  decode: async ({ c, body }, parts) => {
    const { limits } = parts;
    const { inputs, add_special_tokens, prompt_name } = readBody(tokenizeRequest, await body.json());
    if (inputs === '') throw refuseEmpty('inputs');
    const texts = [inputs].flat();
    refuseEmptyAmong(texts, 'inputs');
    checkInputs(texts, limits);
    refuseMoreCharacters(
      texts.map((text) => ({ text })),
      limits,
    );
    const asked = await askedModel(c, parts, 'tokens');
    return {
      ...asked,
      work: async (engine) => {
        const model = await engine.predictor(asked.ref);
        return {
          model,
          tell: async () => {
            const prompt = findPrompt(model, prompt_name);
            const prompted = texts.map((text) => prompt + text);
            const tokenized = await model.tokenize(prompted, {
              addSpecialTokens: add_special_tokens ?? true,
              limits: forCall(limits),
            });
            return tokenized.map((tokens, i) => describeTokens(tokens, prompted[i] ?? ''));
          },
        };
      },
    };
  },
};

export const decode: Codec = {
  decode: async ({ c, body }, parts) => {
    const { ids, skip_special_tokens } = readBody(decodeRequest, await body.json());
    if (ids.length === 0) throw refuseEmpty('ids');
    const lists = isOneList(ids) ? [ids] : ids;
    refuseEmptyAmong(lists, 'ids');
    checkInputs(lists, parts.limits);
    refuseMoreTokens(countIds(lists), forCall(parts.limits), { field: 'ids' });
    const asked = await askedModel(c, parts, 'tokens');
    return {
      ...asked,
      work: async (engine) => {
        const model = await engine.predictor(asked.ref);
        return { model, tell: () => model.decode(lists, { skipSpecialTokens: skip_special_tokens ?? true }) };
      },
    };
  },
};

const isOneList = (ids: number[] | number[][]): ids is number[] => typeof ids[0] === 'number';

/** The prompt of that name, or the model's default prompt. @throws EngineError INVALID_INPUT with the names that there are */
function findPrompt({ manifest }: TokenModel, wanted: string | null | undefined): string {
  const { prompts = {}, defaultPrompt } = manifest.taskDefaults ?? {};
  const name = wanted ?? defaultPrompt;
  if (name === undefined) return '';
  const found = new Map(Object.entries(prompts)).get(name);
  if (found !== undefined) return found;
  const names = Object.keys(prompts).join(', ');
  throw refuseField('prompt_name', names === '' ? 'this model has no prompts' : `must be one of ${names}`);
}

const countIds = (lists: readonly (readonly number[])[]): number[] => lists.map(({ length }) => length);

/** No model reads these tokens, so that only their sum is bounded. */
const forCall = ({ maxCallTokens }: Limits): TokenLimits => ({ maxCallTokens });

/** `start` and `stop` count bytes of UTF-8, as TEI does; a special token is of no text. */
function describeTokens({ ids, tokens, spans, specialTokensMask }: Tokenization, text: string) {
  const position = toBytes(text);
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
