/** OpenAI's completions and chats as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { needs } from '../../../openapi/fit.ts';
import { type ErrorLook, posts } from '../../../openapi/parts.ts';
import { modelParams } from '../../../openapi/schemas.ts';
import { chatRequest, completionsRequest } from './requests.ts';

export const bodies = { CompletionsRequest: completionsRequest, ChatRequest: chatRequest };

const finish_reason = z.enum(['stop', 'length']);
const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
});
const answerOf = <Choice extends z.ZodType>(object: string, choice: Choice) =>
  z.object({
    id: z.string(),
    object: z.literal(object),
    created: z.int(),
    model: z.string(),
    system_fingerprint: z.string().meta({ description: 'Of the package: by it, a seed gives its text' }),
    choices: z.array(choice),
    usage,
  });
const tokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });

const completion = answerOf(
  'text_completion',
  z.object({
    index: z.int(),
    text: z.string(),
    logprobs: z
      .object({
        tokens: z.array(z.string()),
        token_logprobs: z.array(z.number()),
        top_logprobs: z.array(z.record(z.string(), z.number())),
        text_offset: z.array(z.int()),
      })
      .nullable(),
    finish_reason,
  }),
).meta({ id: 'Completion' });
const chatCompletion = answerOf(
  'chat.completion',
  z.object({
    index: z.int(),
    message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
    logprobs: z
      .object({
        content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob) })),
        refusal: z.null(),
      })
      .nullable(),
    finish_reason,
  }),
).meta({ id: 'ChatCompletion' });

const events = {
  'text/event-stream': {
    schema: { type: 'string' as const, description: 'Chunks of it, where `stream` is true, and `[DONE]`' },
  },
};

/** `look`: how OpenAI's errors look. */
export function generationOperations(look: ErrorLook) {
  const asks = (body: keyof typeof bodies, answer: z.ZodType, example: object, params?: z.ZodObject) => ({
    ...posts({
      body,
      to: { abilities: ['generation'], body: example, bodyNamesModel: params === undefined },
      ...(params && { params }),
      answer,
      answers: events,
      look,
    }),
    ...needs('generation'),
  });
  const prompt = { prompt: 'Once upon a time', max_tokens: 16, temperature: 0 };
  const messages = { messages: [{ role: 'user', content: 'What is a pilot light?' }], max_tokens: 16 };
  return {
    openAiCompletions: asks('CompletionsRequest', completion, prompt),
    openAiChat: asks('ChatRequest', chatCompletion, messages),
    openAiModelCompletions: asks('CompletionsRequest', completion, prompt, modelParams),
    openAiModelChat: asks('ChatRequest', chatCompletion, messages, modelParams),
  };
}
