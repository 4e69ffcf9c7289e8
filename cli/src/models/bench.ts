import { Engine, type Predictor } from '@pilotlight/engine';
import type { LatencyRow } from '@pilotlight/toolchain';
import { selectPackages } from '@pilotlight/toolchain/internal/package/packages-folder';
import { measureLatency } from '@pilotlight/toolchain/internal/stages/bench';
import { packagesFolder } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { wholeNumber } from '../kit/options.ts';
import { duration, table } from '../kit/table.ts';
import type { BenchLine } from './bench-options.ts';

const RUNS = 100;

/** @throws CliError, ToolchainError, EngineError */
export async function bench({ values, positionals }: BenchLine, { stdout }: Terminal): Promise<undefined> {
  const [selection, more] = positionals;
  if (selection === undefined || more !== undefined) throw usageError('bench takes one model.');
  const lengths = values.tokens.split(',').map((text) => wholeNumber(text, '--tokens', 3));
  const runs = values.runs === undefined ? undefined : wholeNumber(values.runs, '--runs', 1);
  const { threads, variant, json = false } = values;
  const packages = packagesFolder(values.packages);
  const [entry] = await selectPackages(packages, selection);
  if (entry === undefined || selection === 'all') throw usageError('bench takes one model.');
  const engine = new Engine({
    packages,
    ...(variant !== undefined && { variant }),
    ...(threads !== undefined && { intraOpThreads: wholeNumber(threads, '--threads', 1) }),
  });
  try {
    const ref = { name: entry.name, version: entry.version };
    const model = await engine.model(ref);
    if (model.manifest.runtime === 'allennlp') {
      const { benchArchive } = await import('./bench-archive.ts');
      stdout.write(await benchArchive(model, model.manifest, { packages, runs: runs ?? RUNS, json }));
      return undefined;
    }
    if (model.manifest.runtime === 'generation') {
      const { benchGenerator } = await import('./bench-generator.ts');
      stdout.write(await benchGenerator(model, model.manifest, { lengths, runs, json }));
      return undefined;
    }
    const predictor = await engine.predictor(ref);
    const rows: LatencyRow[] = [];
    for (const tokens of lengths) rows.push(await measureLatency(predictor, tokens, runs ?? RUNS));
    stdout.write(json ? `${JSON.stringify(asJson(predictor, rows), null, 2)}\n` : report(predictor, rows));
  } finally {
    await engine.dispose();
  }
  return undefined;
}

function asJson({ manifest, variantName, loadTimings }: Predictor, latencies: readonly LatencyRow[]) {
  return { model: manifest.name, version: manifest.version, variant: variantName, loadTimings, latencies };
}

function report({ manifest, variantName, loadTimings }: Predictor, rows: readonly LatencyRow[]): string {
  const cells = rows.map(({ tokens, p50Ms, p90Ms, textsPerSecond }) => [
    `${tokens}`,
    p50Ms.toFixed(2),
    p90Ms.toFixed(2),
    textsPerSecond.toFixed(0),
  ]);
  const columns = ['TOKENS', 'P50 ms', 'P90 ms', 'TEXTS/s'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const heading = `${manifest.name}@${manifest.version} ${variantName}, one text a call, loaded in ${duration(loadTimings.totalMs)}`;
  return `${heading}\n\n${table(columns, cells)}\n`;
}
