/** What a call may send in the place of an input, and the tokens that become of it. */
import { type GenerationManifest, listOf, parseUntilFault } from '@pilotlight/model-format';
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { InputError, invalidParameter } from '../../tasks/refusals.ts';
import type { CallParameters } from './call-parameters.ts';
import { cutTokens } from './cut-tokens.ts';
import type { GenerationTokenizer } from './text/generation-tokenizer.ts';

const NO_TOKEN = 'no token of the model';

/** Messages of one conversation. */
const MOST_MESSAGES = 10_000;

const message = z.looseObject({ role: z.string(), content: z.unknown() });
const ids = listOf(z.int().check(z.nonnegative()));

const generationInput = z.union(
  [
    z.string(),
    z.strictObject({ text: z.string(), decoder_text: z.optional(z.string()) }),
    z.strictObject({ ids }),
    z.strictObject({ messages: listOf(message).check(z.minLength(1), z.maxLength(MOST_MESSAGES)) }),
  ],
  'must be a text, {"text": "..."}, {"messages": [{"role": "...", "content": "..."}]} or {"ids": [...]}',
);
export type GenerationInput = z.infer<typeof generationInput>;

/** @throws EngineError INVALID_INPUT with `field` */
export function parseInput(input: unknown, index?: number): GenerationInput {
  const parsed = parseUntilFault(generationInput, input);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  throw new InputError(path.map((key) => `.${String(key).slice(0, 100)}`).join(''), reason, index);
}

/** Characters that may become tokens: those of a conversation with what its template is given beside it. */
export function countCharacters(input: GenerationInput, { input: asked }: CallParameters): number {
  if (typeof input === 'string') return input.length;
  if ('ids' in input) return input.ids.length;
  if ('text' in input) return input.text.length + (input.decoder_text?.length ?? 0);
  return JSON.stringify([input.messages, asked.tools, asked.chat_template_kwargs]).length;
}

/** The ids of one input. */
export interface InputTokens {
  /** Of the prompt; of a model with an encoder, of the source. */
  readonly input: readonly number[];
  /** What the decoder begins with, of a model with an encoder. */
  readonly start?: readonly number[];
  /** Tokens that were cut off the input. */
  readonly truncated: number;
}

/** The facts of a model that its inputs are read by. */
type ModelFacts = Pick<GenerationManifest, 'decoder' | 'generation'>;

/**
 * Tokenises an input, and cuts it where the call wants it.
 *
 * @throws EngineError INVALID_INPUT, INVALID_PARAMETER, INPUT_TOO_LONG with `tokens` and `maxTokens`
 */
export async function tokenizeInput(
  input: GenerationInput,
  text: GenerationTokenizer,
  facts: ModelFacts,
  { input: asked, search }: CallParameters,
  index?: number,
): Promise<InputTokens> {
  const { decoder, generation } = facts;
  const whole = await idsOf(input, text, asked);
  const beyond = whole.find((id) => id >= decoder.vocabSize);
  if (beyond !== undefined) throw new InputError('.ids', `has ${beyond}, which is ${NO_TOKEN}`, index);
  const isSource = decoder.cross !== undefined;
  const maxTokens = isSource ? decoder.cross?.maxTokens : decoder.maxPositions;
  const cut = cutTokens(whole, {
    truncate: asked.truncate ?? false,
    maxTokens,
    keeps: isSource ? 'start' : 'end',
    isSpecial: specialIn(text),
    index,
  });
  const truncated = whole.length - cut.length;
  const begun = cut.length === 0 && !isSource && generation.bos !== undefined ? [generation.bos] : cut;
  if (begun.length === 0)
    throw new InputError('', 'has no tokens, and the model has none to begin with', index);
  if (!isSource) return { input: begun, truncated };
  const start = await startOf(input, text, facts, search);
  const { maxPositions = start.length } = decoder;
  if (start.length <= maxPositions) return { input: begun, start, truncated };
  throw new EngineError(
    'INPUT_TOO_LONG',
    `The text is to begin with ${start.length} tokens; the model takes at most ${maxPositions}. Shorten decoder_text or decoder_input_ids.`,
    { details: { field: 'inputs', index: index ?? 0, tokens: start.length, maxTokens: maxPositions } },
  );
}

async function idsOf(
  input: GenerationInput,
  text: GenerationTokenizer,
  asked: CallParameters['input'],
): Promise<readonly number[]> {
  if (typeof input !== 'string' && 'ids' in input) return input.ids;
  if (typeof input !== 'string' && 'messages' in input) {
    const { tools, chat_template_kwargs, add_generation_prompt, continue_final_message } = asked;
    const rendered = await text.renderChat(input.messages, {
      ...(tools && { tools }),
      ...(chat_template_kwargs && { variables: chat_template_kwargs }),
      ...(add_generation_prompt != null && { addGenerationPrompt: add_generation_prompt }),
      ...(continue_final_message != null && { continueFinalMessage: continue_final_message }),
    });
    return text.encode(rendered, { specialTokens: false });
  }
  const written = typeof input === 'string' ? input : input.text;
  return text.encode(written, asked.src_lang == null ? {} : { sourceLanguage: asked.src_lang });
}

/** The start token of the decoder, and what the call put behind it: ids as `generate` takes them, or a text. */
async function startOf(
  input: GenerationInput,
  text: GenerationTokenizer,
  { decoder, generation }: ModelFacts,
  { decoder_start_token_id, decoder_input_ids }: CallParameters['search'],
): Promise<readonly number[]> {
  const begin = decoder_start_token_id ?? generation.decoderStart ?? generation.bos;
  const given = (decoder_input_ids ?? []).flat();
  for (const [name, ids] of [
    ['decoder_start_token_id', [decoder_start_token_id ?? 0]],
    ['decoder_input_ids', given],
  ] as const) {
    const beyond = ids.find((id) => id >= decoder.vocabSize);
    if (beyond !== undefined) throw invalidParameter(name, `has ${beyond}, which is ${NO_TOKEN}`);
  }
  const written =
    typeof input !== 'string' && 'text' in input && input.decoder_text !== undefined
      ? await text.encode(input.decoder_text, { specialTokens: false })
      : [];
  const behind = [...given, ...written];
  return begin === undefined || given[0] === begin ? behind : [begin, ...behind];
}

function specialIn(text: GenerationTokenizer): (id: number) => boolean {
  return (id) => text.table().special[id] === 1;
}
