/** Measures how long single calls take. */
import type { Predictor } from '@pilotlight/engine';

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
  const times: number[] = [];
  for (let run = -WARM_UP; run < runs; run++) {
    const start = performance.now();
    await predictor.infer([{ text }], { truncate: true });
    if (run >= 0) times.push(performance.now() - start);
  }
  times.sort((left, right) => left - right);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { tokens: length, p50Ms: at(0.5), p90Ms: at(0.9), textsPerSecond: 1_000 / mean };
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
