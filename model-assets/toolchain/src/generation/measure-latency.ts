/** Measures how fast a model generates: how long its first token takes, how long each other one, and how many come in a second. */
import type { LoadedModel } from '@pilotlight/engine';
import type { GenerationManifest } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { exactly, promptOf } from './package/measure-speed.ts';

export interface GenerationLatencyRow {
  /** Of the prompt or source. */
  readonly promptTokens: number;
  /** Texts that are generated at the same time. */
  readonly texts: number;
  /** New tokens of each text. */
  readonly newTokens: number;
  /** From the call to the first token, median. */
  readonly firstTokenMs: number;
  /** Between two tokens of a text. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** New tokens of all texts together, over the time of the calls. */
  readonly tokensPerSecond: number;
}

export interface LatencyOptions {
  readonly promptTokens: number;
  readonly texts: number;
  readonly runs: number;
}

const NEW_TOKENS = 32;

/** Times `runs` calls by greedy search, after one that is not counted. @throws ToolchainError USAGE, EngineError */
export async function measureGenerationLatency(
  model: Pick<LoadedModel, 'prepare'>,
  { decoder }: Pick<GenerationManifest, 'decoder'>,
  { promptTokens: wanted, texts, runs }: LatencyOptions,
): Promise<GenerationLatencyRow> {
  const { maxPositions = Number.POSITIVE_INFINITY, cross } = decoder;
  const newTokens = Math.min(NEW_TOKENS, maxPositions - 1);
  const promptTokens = Math.min(wanted, cross ? (cross.maxTokens ?? wanted) : maxPositions - newTokens);
  const first: number[] = [];
  const between: number[] = [];
  let elapsed = 0;
  for (let run = -1; run < runs; run++) {
    const start = performance.now();
    const times = await Promise.all(
      Array.from({ length: texts }, (_, text) =>
        timesOfTokens(model, promptOf(promptTokens, decoder.vocabSize, text), newTokens),
      ),
    );
    if (run < 0) continue;
    elapsed += performance.now() - start;
    for (const [firstAt = start, ...others] of times) {
      first.push(firstAt - start);
      for (const [index, at] of others.entries()) between.push(at - (others[index - 1] ?? firstAt));
    }
  }
  return {
    ...{ promptTokens, texts, newTokens },
    firstTokenMs: percentile(first, 0.5),
    p50Ms: percentile(between, 0.5),
    p99Ms: percentile(between, 0.99),
    tokensPerSecond: (1_000 * runs * texts * newTokens) / elapsed,
  };
}

/** When each token came, by `performance.now()`. */
async function timesOfTokens(
  model: Pick<LoadedModel, 'prepare'>,
  ids: readonly number[],
  newTokens: number,
): Promise<readonly number[]> {
  const call = await model.prepare({ ids }, exactly(newTokens));
  if (call.stream === undefined) throw new ToolchainError('USAGE', 'The model does not stream.');
  const times: number[] = [];
  for await (const { kind } of call.stream()) if (kind === 'token') times.push(performance.now());
  return times;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
