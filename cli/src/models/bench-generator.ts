/** `pilotlight models bench` for a model that generates text: one text at a time, and several. */
import type { LoadedModel } from '@pilotlight/engine';
import type { GenerationManifest } from '@pilotlight/model-format';
import type { GenerationLatencyRow } from '@pilotlight/toolchain';
import { measureGenerationLatency } from '@pilotlight/toolchain/internal/generation/measure-latency';
import { duration, table } from '../kit/table.ts';

const RUNS = 5;
/** Texts that are generated at the same time. */
const TOGETHER = [1, 8];

interface BenchOptions {
  /** Tokens of prompts. */
  readonly lengths: readonly number[];
  readonly runs: number | undefined;
  readonly json: boolean;
}

/** @throws EngineError as predictions */
export async function benchGenerator(
  model: LoadedModel,
  manifest: GenerationManifest,
  { lengths, runs = RUNS, json }: BenchOptions,
): Promise<string> {
  const { name, version } = manifest;
  const { variantName: variant, loadTimings } = model;
  const latencies: GenerationLatencyRow[] = [];
  for (const promptTokens of lengths) {
    for (const texts of TOGETHER)
      latencies.push(await measureGenerationLatency(model, manifest, { promptTokens, texts, runs }));
  }
  if (json) return `${JSON.stringify({ model: name, version, variant, loadTimings, latencies }, null, 2)}\n`;
  const columns = ['TEXTS', 'PROMPT', 'FIRST TOKEN ms', 'NEXT, P50 ms', 'P99 ms', 'TOKENS/s'].map(
    (title) => ({
      title,
      align: 'right' as const,
    }),
  );
  const cells = latencies.map(({ texts, promptTokens, firstTokenMs, p50Ms, p99Ms, tokensPerSecond }) => [
    `${texts}`,
    `${promptTokens}`,
    firstTokenMs.toFixed(1),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    tokensPerSecond.toFixed(0),
  ]);
  const [{ newTokens } = { newTokens: 0 }] = latencies;
  const heading = `${name}@${version} ${variant}, ${newTokens} tokens a text, greedy, loaded in ${duration(loadTimings.totalMs)}`;
  return `${heading}\n\n${table(columns, cells)}\n`;
}
