/** The stream of text-generation-inference (TGI): an event for each token, of which the last one has the text, too. */
import type { GeneratedToken, GenerationEvent } from '@pilotlight/engine/internal/predict/generation';
import { refuseField } from '../../http/request/parse.ts';
import type { AnswerStream } from '../../serve/wire-format.ts';
import { finishReason, tokenOf } from './hub-details.ts';
import type { HubParameters } from './hub-parameters.ts';

type EndEvent = Extract<GenerationEvent, { kind: 'end' }>;

/** `before` is what stands before the text in the last event: the prompt, or nothing. */
export function tgiStream(before: string): AnswerStream {
  let index = 0;
  /** The last token of the text, which is told with its end. */
  let held: GeneratedToken | undefined;
  const tell = (token: GeneratedToken, end?: EndEvent) => {
    index += 1;
    return {
      index,
      token: tokenOf(token),
      ...(token.top && { top_tokens: token.top.map(tokenOf) }),
      ...(end ? describeEnd(before, end) : { generated_text: null, details: null }),
    };
  };
  return {
    field: 'data:',
    tell: (event) => {
      if (event.kind === 'end') return [tell(held ?? NO_TOKEN, event)];
      if (event.finish === undefined) return [tell(event.token)];
      held = event.token;
      return [];
    },
  };
}

/** Stands in the event of an end that came between two tokens: the text was cut off. */
const NO_TOKEN: GeneratedToken = { id: 0, text: '', logprob: 0, special: true };

function describeEnd(before: string, { generation }: EndEvent) {
  const { sequences, promptTokens, seed = null } = generation;
  const [sequence] = sequences;
  return {
    generated_text: before + sequence.text,
    details: {
      finish_reason: finishReason(sequence.finishReason),
      generated_tokens: sequence.tokens.length,
      seed,
      input_length: promptTokens,
    },
  };
}

/** @throws EngineError INVALID_INPUT with `field`: TGI's events do not say which text they are of, and none has the prompt */
export function requireOneText(inputs: unknown, { engine, bestOf }: HubParameters): void {
  const reason = (what: string) => `must be ${what} where the answer is a stream`;
  if (Array.isArray(inputs)) throw refuseField('inputs', reason('one input'));
  if (bestOf > 1) throw refuseField('parameters.best_of', reason('1'));
  if ((engine.num_return_sequences ?? 1) !== 1) {
    throw refuseField('parameters.num_return_sequences', reason('1'));
  }
  if (engine.prompt_logprobs === true) throw refuseField('parameters.decoder_input_details', reason('false'));
}
