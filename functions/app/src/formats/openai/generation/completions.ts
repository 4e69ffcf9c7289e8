/** `POST /v1/completions`: https://platform.openai.com/docs/api-reference/completions */
import type { GeneratedToken, Generation } from '@pilotlight/engine/internal/predict/generation';
import { checkInputs, parseBody, refuseField } from '../../../http/request/parse.ts';
import type { AppDependencies } from '../../../serve/ports.ts';
import type { Codec } from '../../../serve/wire-format.ts';
import { findGenerator, generateWork } from '../../generation/generator.ts';
import { refuseTokenIds } from '../token-ids.ts';
import { answeredSequences, refuseToRankStream } from './answered-sequences.ts';
import { askedGenerator } from './asked-generator.ts';
import { type AnswerHead, answerHead, usageOf } from './head.ts';
import { completionLogprobs } from './logprobs.ts';
import { drawnFromAll, type OpenAiParameters, readParameters } from './parameters.ts';
import { type CompletionsRequest, completionsRequest } from './requests.ts';
import { finishReason, textWithoutStop } from './stop-cut.ts';
import { chunkStream } from './stream.ts';

/** OpenAI's own. */
const MAX_TOKENS = 16;

export const completions: Codec = {
  decode: async (call, parts) => {
    const request = parseBody(completionsRequest, await call.body.json());
    const prompts = readPrompts(request.prompt, parts);
    checkInputs(prompts, parts.limits);
    const { max_tokens, logprobs, stream } = request;
    const maxNewTokens = max_tokens ?? MAX_TOKENS;
    const parameters = readParameters(request, { maxNewTokens, topTokens: logprobs ?? undefined });
    if (stream) {
      refuseToRankStream(parameters);
      if (prompts.length > 1) throw refuseField('prompt', 'must be one text where the answer is a stream');
    }
    const asked = await askedGenerator(call.c, parts, request.model);
    const echoes = request.echo ?? parameters.hub.fullText ?? false;
    const withLogprobs = typeof logprobs === 'number';
    return {
      ...asked,
      work: async (engine) => {
        const model = await findGenerator(engine, asked.ref);
        const names = { prefix: 'cmpl', object: 'text_completion', model: model.manifest.name };
        const shown = { head: answerHead(call, model, names), parameters, prompts, echoes, withLogprobs };
        return generateWork(engine, {
          model,
          inputs: stream ? prompts[0] : prompts,
          parameters: {
            ...drawnFromAll(model, parameters.engine),
            ...(echoes && withLogprobs && { prompt_logprobs: true }),
          },
          encode: (generations) => describe(generations, shown),
          stream: stream ? streamOf(request, shown) : undefined,
        });
      },
    };
  },
};

interface Shown {
  readonly head: AnswerHead;
  readonly parameters: OpenAiParameters;
  readonly prompts: readonly unknown[];
  /** Whether the prompt stands before the text. */
  readonly echoes: boolean;
  readonly withLogprobs: boolean;
}

/** @throws EngineError INVALID_INPUT with `field` */
function readPrompts(prompt: CompletionsRequest['prompt'], { openAiTokenIds }: AppDependencies): unknown[] {
  const list: readonly unknown[] = typeof prompt === 'string' || isIds(prompt) ? [prompt] : prompt;
  if (list.length === 0) throw refuseField('prompt', 'must not be empty');
  return list.map((item) => {
    if (typeof item === 'string') return item;
    if (!isIds(item)) throw refuseField('prompt', 'must be a text, or a list of texts');
    if (!openAiTokenIds) throw refuseTokenIds('prompt', '');
    return { ids: item };
  });
}

function isIds(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id));
}

function describe(generations: readonly Generation[], shown: Shown): object {
  const { head, parameters, prompts, withLogprobs } = shown;
  const { n, stops } = parameters;
  const choices = generations.flatMap((generation, place) => {
    const before = echoOf(prompts[place], shown);
    const { prompt = [] } = generation;
    return answeredSequences(generation, parameters).map((sequence, index) => {
      const tokens = before === '' ? sequence.tokens : [...prompt, ...sequence.tokens];
      return {
        index: place * n + index,
        text: before + textWithoutStop(sequence, stops),
        logprobs: withLogprobs ? completionLogprobs(tokens, 0) : null,
        finish_reason: finishReason(sequence.finishReason),
      };
    });
  });
  return { ...head, choices, usage: usageOf(generations) };
}

function echoOf(prompt: unknown, { echoes }: Shown): string {
  return echoes && typeof prompt === 'string' ? prompt : '';
}

function streamOf({ stream_options }: CompletionsRequest, shown: Shown) {
  const { head, parameters, prompts, withLogprobs } = shown;
  const before = echoOf(prompts[0], shown);
  /** Where the next token of each text begins. */
  const offsets = new Map<number, number>();
  const logprobs = (index: number, token: GeneratedToken | undefined) => {
    if (!withLogprobs || !token) return null;
    const from = offsets.get(index) ?? before.length;
    offsets.set(index, from + token.text.length);
    return completionLogprobs([token], from);
  };
  const choice = (index: number, text: string, token?: GeneratedToken) => ({
    index,
    text,
    logprobs: logprobs(index, token),
  });
  return chunkStream({
    head,
    stops: parameters.stops,
    includeUsage: stream_options?.include_usage ?? false,
    begin: (index) => (before === '' ? [] : [{ ...choice(index, before), finish_reason: null }]),
    piece: ({ index, text, token }) =>
      text === '' && !withLogprobs ? undefined : choice(index, text, token),
    end: (index) => choice(index, ''),
  });
}
