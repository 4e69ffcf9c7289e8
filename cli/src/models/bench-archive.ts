/** `pilotlight models bench` for a model of an AllenNLP archive: the inputs of its goldens, one a call and many a call. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveManifest, LoadedModel } from '@pilotlight/engine';
import { parseAnswerGoldens } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import type { ArchiveLatencyRow } from '@pilotlight/toolchain';
import { measureArchiveLatency } from '@pilotlight/toolchain/internal/stages/bench';
import { duration, table } from '../kit/table.ts';

/** Inputs of a call: as a client sends them, and as a file of rows is answered. */
const CALLS = [1, 32];

/** @throws EngineError PACKAGE_CORRUPT, and what predictions throw */
export async function benchArchive(
  model: LoadedModel,
  manifest: ArchiveManifest,
  { packages, runs, json }: { readonly packages: string; readonly runs: number; readonly json: boolean },
): Promise<string> {
  const { name, version, goldens } = manifest;
  const content = await readFile(join(packages, name, version, goldens.path), 'utf8');
  const examples = parseAnswerGoldens(content).goldens.map(({ input }) => input);
  const latencies: ArchiveLatencyRow[] = [];
  for (const inputs of CALLS) latencies.push(await measureArchiveLatency(model, examples, { inputs, runs }));
  const { variantName: variant, loadTimings } = model;
  if (json) return `${JSON.stringify({ model: name, version, variant, loadTimings, latencies }, null, 2)}\n`;
  const columns = ['INPUTS', 'TOKENS', 'P50 ms', 'P90 ms', 'INPUTS/s'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const cells = latencies.map(({ inputs, tokens, p50Ms, p90Ms, inputsPerSecond }) => [
    `${inputs}`,
    tokens.toFixed(0),
    p50Ms.toFixed(2),
    p90Ms.toFixed(2),
    inputsPerSecond.toFixed(0),
  ]);
  const heading = `${name}@${version} ${variant}, the ${examples.length} inputs of its goldens, loaded in ${duration(loadTimings.totalMs)}`;
  return `${heading}\n\n${table(columns, cells)}\n`;
}
