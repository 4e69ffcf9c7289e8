/** Runs a call that has been read, and makes its results. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Generation, GenerationEvent } from '../../predict/generation.ts';
import type { EachPrediction, Outcome } from '../../predict/loaded-model.ts';
import type { TokenTimings } from '../../predict/prediction.ts';
import { GenerationResult } from './generation-result.ts';
import type { Decoder, TokenRequest } from './loop/decoder-port.ts';
import { promptTokens, type ReadCall, type ReadInput } from './read-call.ts';
import { type Ended, type RunSettings, runRequests } from './run-requests.ts';
import type { GenerationTokenizer } from './text/generation-tokenizer.ts';

export interface CallRunner {
  readonly decoder: Decoder;
  readonly text: GenerationTokenizer;
  readonly model: EachPrediction['model'];
}

export interface CallSettings extends Omit<RunSettings, 'onTokens'> {
  /** Is told of tokens as they come. */
  readonly onToken?: (event: Extract<GenerationEvent, { kind: 'token' }>) => void;
}

/** An input, what became of it, and its result. */
interface Run {
  readonly input: ReadInput;
  readonly result: GenerationResult;
  readonly ended: Ended | undefined;
}

/** @throws EngineError OVERLOADED */
export async function runCall(
  { decoder, text, model }: CallRunner,
  { inputs, tokenizeMs }: ReadCall,
  { onToken, ...settings }: CallSettings,
): Promise<EachPrediction> {
  const start = performance.now();
  const read = inputs.flatMap((input) => (input instanceof EngineError ? [] : [input]));
  const results = read.map(({ request }) => new GenerationResult(text, request.options));
  const requests = read.map(({ request }) => request);
  if (requests.some(({ options }) => options.stopStrings.length > 0 || options.grammar))
    decoder.share(text.table());
  const ended = await runRequests(decoder, requests, {
    ...settings,
    onTokens: (index, told) => {
      for (const event of results[index]?.take(told) ?? []) onToken?.(event);
    },
  });
  const ran = performance.now();
  const runs = results.flatMap((result, place) => {
    const input = read[place];
    return input ? [{ input, result, ended: ended[place] }] : [];
  });
  const own = runs.values();
  const outcomes = inputs.map((input): Outcome => {
    if (input instanceof EngineError) return { error: input };
    const { value: run } = own.next();
    return run ? outcomeOf(run) : { error: notRun() };
  });
  const decoding = runs.map(({ ended: end }) => (end && 'timings' in end ? end.timings : NO_TIME));
  const queueMs = decoding.reduce((sum, timings) => sum + timings.queueMs, 0) / Math.max(1, decoding.length);
  return {
    outcomes,
    timings: {
      tokenizeMs,
      queueMs,
      inferMs: Math.max(0, ran - start - queueMs),
      postprocessMs: performance.now() - ran,
    },
    tokens: { total: requests.reduce(addTokens, generatedTokens(outcomes)), padded: 0, truncated: sum(read) },
    truncated: inputs.map((input) => (input instanceof EngineError ? 0 : input.truncated)),
    model,
    decoding,
  };
}

const NO_TIME: TokenTimings = { queueMs: 0, prefillMs: 0, decodeMs: 0, steps: 0, prefixTokens: 0 };

function outcomeOf({ input: { request }, result, ended = { error: notRun() } }: Run): Outcome {
  if ('error' in ended) return ended;
  const { sampling } = request.options;
  const generation: Generation = {
    sequences: result.finish(ended.found),
    promptTokens: promptTokens(request),
    ...(ended.prompt && { prompt: result.describePrompt(request.input, ended.prompt) }),
    ...(sampling && { seed: sampling.seed }),
  };
  return { result: generation };
}

function addTokens(total: number, request: TokenRequest): number {
  return total + promptTokens(request);
}

function sum(read: readonly ReadInput[]): number {
  return read.reduce((total, { truncated }) => total + truncated, 0);
}

function generatedTokens(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((total, outcome) => {
    if ('error' in outcome) return total;
    const { sequences } = outcome.result as Generation;
    return total + sequences.reduce((count, { tokens }) => count + tokens.length, 0);
  }, 0);
}

function notRun(): EngineError {
  return new EngineError('SESSION_FAILED', 'The input was not run.');
}
