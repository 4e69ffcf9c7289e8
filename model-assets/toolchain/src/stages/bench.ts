/** Measures how long single calls take. */
import type { LoadedModel, Predictor } from '@pilotlight/engine';

export interface LatencyRow {
  /** Tokens of the text, special tokens included. */
  readonly tokens: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly textsPerSecond: number;
}

/** Calls before the clock starts: the first ones allocate. */
const WARM_UP = 5;

/** Times `runs` calls with one text of `tokens` tokens, or of as many as the model takes; tokenisation included. */
export async function measureLatency(
  predictor: Predictor,
  tokens: number,
  runs: number,
): Promise<LatencyRow> {
  const { text, length } = await textOfLength(
    predictor,
    Math.min(tokens, predictor.manifest.textProcessing.maxTokens),
  );
  const { meanMs, ...times } = await timeCalls(runs, () => predictor.infer([{ text }], { truncate: true }));
  return { tokens: length, ...times, textsPerSecond: 1_000 / meanMs };
}

export interface ArchiveLatencyRow {
  /** Inputs of a call. */
  readonly inputs: number;
  /** Mean of the tokens of a call. */
  readonly tokens: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly inputsPerSecond: number;
}

/** Times `runs` calls of a model of an AllenNLP archive with so many inputs each, which come round and round out of `examples`. */
export async function measureArchiveLatency(
  model: Pick<LoadedModel, 'predict'>,
  examples: readonly unknown[],
  { inputs, runs }: { readonly inputs: number; readonly runs: number },
): Promise<ArchiveLatencyRow> {
  let tokens = 0;
  const { meanMs, ...times } = await timeCalls(runs, async (run) => {
    const first = Math.max(0, run) * inputs;
    const call = Array.from({ length: inputs }, (_, i) => examples[(first + i) % examples.length]);
    const prediction = await model.predict(call, {}, { task: 'predictor' });
    if (run >= 0) tokens += prediction.tokens.total;
  });
  return { inputs, tokens: tokens / runs, ...times, inputsPerSecond: (1_000 * inputs) / meanMs };
}

/** Calls before the clock starts have numbers below 0. */
async function timeCalls(runs: number, call: (run: number) => Promise<unknown>) {
  const times: number[] = [];
  for (let run = -WARM_UP; run < runs; run++) {
    const start = performance.now();
    await call(run);
    if (run >= 0) times.push(performance.now() - start);
  }
  times.sort((left, right) => left - right);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  return {
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    meanMs: times.reduce((sum, time) => sum + time, 0) / times.length,
  };
}

/** A text of common words with about that many tokens, and how many it has. */
async function textOfLength(predictor: Predictor, tokens: number): Promise<{ text: string; length: number }> {
  const specials = await countTokens(predictor, '');
  const words = Math.max(1, tokens - specials);
  const text = Array.from({ length: words }, () => 'a').join(' ');
  return { text, length: await countTokens(predictor, text) };
}

async function countTokens(predictor: Predictor, text: string): Promise<number> {
  const [result] = await predictor.infer([{ text }], { truncate: true });
  return result?.encoding.ids.length ?? 0;
}
