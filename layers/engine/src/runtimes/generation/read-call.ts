/** Reads a call: its inputs become tokens, its parameters what the searches go by. */
import type { GenerationManifest } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { refuseMoreTokens } from '../../batching/token-limits.ts';
import { CharacterCount } from '../../predict/character-limits.ts';
import type { PredictOptions } from '../../predict/loaded-model.ts';
import { invalidParameter } from '../../tasks/refusals.ts';
import { type CallParameters, parseCallParameters } from './call-parameters.ts';
import { readTokens } from './estimate.ts';
import { countCharacters, parseInput, tokenizeInput } from './input.ts';
import type { TokenRequest } from './loop/decoder-port.ts';
import { resolveOptions } from './search/resolve-options.ts';
import type { GenerationTokenizer } from './text/generation-tokenizer.ts';
import { createConstraint } from './text/grammar/create-constraint.ts';

/** One input that has been read. */
export interface ReadInput {
  readonly request: TokenRequest;
  /** Tokens that were cut off. */
  readonly truncated: number;
}

export interface ReadCall {
  /** In order; an input that was refused is its error. */
  readonly inputs: readonly (ReadInput | EngineError)[];
  readonly tokenizeMs: number;
}

/** What inputs are read by. */
export interface CallReader {
  readonly manifest: GenerationManifest;
  readonly text: GenerationTokenizer;
}

/**
 * Reads one input (anything but an array) or an array of inputs.
 *
 * @throws EngineError INVALID_PARAMETER with `field`, TOO_MANY_TOKENS, and INPUT_TOO_LONG where a limit of the service is passed
 */
export async function readCall(
  reader: CallReader,
  inputs: unknown,
  parameters: unknown,
  { limits = {}, signal }: Pick<PredictOptions, 'limits' | 'signal'>,
): Promise<ReadCall> {
  const start = performance.now();
  const settings = parseCallParameters(parameters, reader.manifest.text.languages);
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  const characters = new CharacterCount(limits);
  const read: (ReadInput | EngineError)[] = [];
  for (const [place, input] of list.entries()) {
    signal?.throwIfAborted();
    const index = Array.isArray(inputs) ? place : undefined;
    read.push(await readInput(reader, input, { settings, characters, index }).catch(asEngineError));
  }
  refuseMoreTokens(
    read.map((input) => (input instanceof EngineError ? 0 : readTokens(input.request))),
    limits,
  );
  return { inputs: read, tokenizeMs: performance.now() - start };
}

/** Tokens of an input: of the prompt, or of the source. */
export function promptTokens({ input }: TokenRequest): number {
  return input.length;
}

async function readInput(
  { manifest, text }: CallReader,
  given: unknown,
  {
    settings,
    characters,
    index,
  }: {
    readonly settings: CallParameters;
    readonly characters: CharacterCount;
    readonly index: number | undefined;
  },
): Promise<ReadInput> {
  const { vocabSize, maxPositions } = manifest.decoder;
  const parsed = parseInput(given, index);
  characters.addCharacters(countCharacters(parsed, settings), index ?? 0);
  const { truncated, ...tokens } = await tokenizeInput(parsed, text, manifest, settings, index);
  const inputTokens = (tokens.start ?? tokens.input).length;
  const options = resolveOptions(settings.search, manifest.generation, {
    inputTokens,
    maxPositions,
    vocabSize,
  });
  // Here, so that a grammar that cannot be followed is refused before the call waits for its turn.
  if (options.grammar) createConstraint(text.table(), options.grammar, options.eos);
  const promptLogprobs = settings.input.prompt_logprobs === true;
  if (promptLogprobs && tokens.start) {
    throw invalidParameter(
      'prompt_logprobs',
      'is for models that go on from a prompt; this one has an encoder',
    );
  }
  const { max_time: seconds } = settings.search;
  const request: TokenRequest = {
    ...tokens,
    options,
    ...(promptLogprobs && { promptLogprobs }),
    ...(seconds != null && { deadlineMs: seconds * 1000 }),
  };
  return { request, truncated };
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  throw error;
}
