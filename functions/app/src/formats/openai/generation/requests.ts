/** Bodies of OpenAI's completions and chats. What they have no name for has the one of `generate` of transformers. */
import { listOf } from '@pilotlight/model-format';
import * as z from 'zod/mini';

const flag = z.nullish(z.boolean());
const number = z.nullish(z.number());
const count = z.nullish(z.int().check(z.positive()));
const text = z.string();
const ignored = z.nullish(z.unknown());

/** OpenAI's own limit of alternatives for a token. */
const MOST_TOP = 20;
const top = z.nullish(z.int().check(z.minimum(0), z.maximum(MOST_TOP)));

const responseFormat = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      json_schema: z.object({ schema: z.record(z.string(), z.unknown()) }),
    }),
    z.object({ type: z.literal('json'), value: z.unknown() }),
    z.object({ type: z.literal('regex'), value: text }),
  ])
  .check(
    z.meta({
      description: 'What the text must be, which is kept to token by token; `json` and `regex` are of TGI',
    }),
  );

/** Fields of both. */
const common = {
  model: z
    .nullish(text)
    .check(z.meta({ description: 'Name of a model, or `name@version`; not needed where the path names it' })),
  stream: flag.check(z.meta({ description: 'Whether the text is told piece by piece' })),
  stream_options: z.nullish(z.object({ include_usage: flag })),
  n: count.check(z.meta({ description: 'Texts for each prompt' })),
  best_of: count.check(z.meta({ description: 'Texts of which the `n` best are answered' })),
  stop: z.nullish(z.union([text, listOf(text)], 'must be a text, or a list of texts')),
  temperature: number.check(z.meta({ description: '0 takes the best token, as it is' })),
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  logit_bias: z.nullish(z.record(text, z.number())),
  seed: z.nullish(z.int()).check(z.meta({ description: 'The same text comes again by the same seed' })),
  max_tokens: count,
  response_format: z.nullish(responseFormat),
  user: ignored.check(z.meta({ description: 'Taken and ignored' })),
  metadata: ignored,
  store: ignored,
  service_tier: ignored,
  safety_identifier: ignored,
  prompt_cache_key: ignored,
  parallel_tool_calls: ignored,
};

const commonRequest = z.looseObject(common);
export type CommonRequest = z.infer<typeof commonRequest>;

export const completionsRequest = z.looseObject({
  ...common,
  prompt: z
    .union([text, listOf(z.unknown())], 'must be a text, or a list of texts')
    .check(z.meta({ description: 'A text, or texts' })),
  echo: flag.check(z.meta({ description: 'Whether the prompt stands before the text' })),
  logprobs: top.check(z.meta({ description: 'Alternatives that are told of each token' })),
  suffix: z.nullish(text).check(z.meta({ description: 'Not done: it is refused' })),
});
export type CompletionsRequest = z.infer<typeof completionsRequest>;

const part = z.looseObject({ type: text, text: z.nullish(text) });
const message = z.looseObject({
  role: text,
  content: z.nullish(z.union([text, listOf(part)], 'must be a text, or a list of parts')),
  name: z.nullish(text),
});

export const chatRequest = z.looseObject({
  ...common,
  messages: listOf(message).check(z.minLength(1)),
  max_completion_tokens: count.check(z.meta({ description: 'As `max_tokens`, which is its older name' })),
  logprobs: flag.check(z.meta({ description: 'Whether the answer has the log probabilities of its tokens' })),
  top_logprobs: top.check(z.meta({ description: 'Alternatives that are told of each token' })),
  tools: z.nullish(listOf(z.unknown())).check(z.meta({ description: 'Not done: they are refused' })),
  tool_choice: ignored,
});
export type ChatRequest = z.infer<typeof chatRequest>;
