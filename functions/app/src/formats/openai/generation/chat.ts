/** `POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat */
import type { GeneratedToken, Generation } from '@pilotlight/engine/internal/predict/generation';
import { checkInputs, parseBody, refuseField } from '../../../http/request/parse.ts';
import type { Codec } from '../../../serve/wire-format.ts';
import { findGenerator, generateWork } from '../../generation/generator.ts';
import { answeredSequences, refuseToRankStream } from './answered-sequences.ts';
import { askedGenerator } from './asked-generator.ts';
import { type AnswerHead, answerHead, usageOf } from './head.ts';
import { chatLogprobs } from './logprobs.ts';
import { readMessages } from './messages.ts';
import { drawnFromAll, type OpenAiParameters, readParameters } from './parameters.ts';
import { type ChatRequest, chatRequest } from './requests.ts';
import { finishReason, textWithoutStop } from './stop-cut.ts';
import { chunkStream } from './stream.ts';

/** OpenAI's models go on to their end. These do for as long as answers of a chat are. */
const MAX_TOKENS = 1024;

export const chat: Codec = {
  decode: async (call, parts) => {
    const request = parseBody(chatRequest, await call.body.json());
    const { max_tokens, max_completion_tokens, stream, logprobs } = request;
    refuseTools(request);
    const messages = readMessages(request);
    checkInputs(messages, parts.limits);
    const maxNewTokens = max_completion_tokens ?? max_tokens ?? MAX_TOKENS;
    const parameters = readParameters(request, { maxNewTokens, topTokens: readTopTokens(request) });
    if (stream) refuseToRankStream(parameters);
    const asked = await askedGenerator(call.c, parts, request.model);
    return {
      ...asked,
      work: async (engine) => {
        const model = await findGenerator(engine, asked.ref);
        const object = stream ? 'chat.completion.chunk' : 'chat.completion';
        const names = { prefix: 'chatcmpl', object, model: model.manifest.name };
        const shown = { head: answerHead(call, model, names), parameters, withLogprobs: logprobs ?? false };
        return generateWork(engine, {
          model,
          inputs: { messages },
          parameters: drawnFromAll(model, parameters.engine),
          encode: ([generation]) => generation && describe(generation, shown),
          stream: stream ? streamOf(request, shown) : undefined,
        });
      },
    };
  },
};

interface Shown {
  readonly head: AnswerHead;
  readonly parameters: OpenAiParameters;
  readonly withLogprobs: boolean;
}

/** @throws EngineError INVALID_INPUT with `field` */
function refuseTools({ tools, tool_choice }: ChatRequest): void {
  if (tools && tools.length > 0) throw refuseField('tools', 'are not done here; leave them out');
  const wanted = tool_choice ?? 'none';
  if (wanted !== 'none' && wanted !== 'auto')
    throw refuseField('tool_choice', 'must be none: there are no tools');
}

function readTopTokens({ logprobs, top_logprobs }: ChatRequest): number | undefined {
  if (logprobs) return top_logprobs ?? undefined;
  if (top_logprobs) throw refuseField('top_logprobs', 'needs logprobs');
  return undefined;
}

function describe(generation: Generation, { head, parameters, withLogprobs }: Shown): object {
  const choices = answeredSequences(generation, parameters).map((sequence, index) => ({
    index,
    message: {
      role: 'assistant',
      content: textWithoutStop(sequence, parameters.stops),
      refusal: null,
    },
    logprobs: withLogprobs ? chatLogprobs(sequence.tokens) : null,
    finish_reason: finishReason(sequence.finishReason),
  }));
  return { ...head, choices, usage: usageOf([generation]) };
}

function streamOf({ stream_options }: ChatRequest, { head, parameters, withLogprobs }: Shown) {
  const choice = (index: number, delta: object, token?: GeneratedToken) => ({
    index,
    delta,
    logprobs: withLogprobs && token ? chatLogprobs([token]) : null,
  });
  return chunkStream({
    head,
    stops: parameters.stops,
    includeUsage: stream_options?.include_usage ?? false,
    begin: (index) => [{ ...choice(index, { role: 'assistant', content: '' }), finish_reason: null }],
    piece: ({ index, text, token }) =>
      text === '' && !withLogprobs ? undefined : choice(index, { content: text }, token),
    end: (index) => choice(index, {}),
  });
}
