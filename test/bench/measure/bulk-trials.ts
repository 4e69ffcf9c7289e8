/** Passes over a part of the texts that find settings and draw curves; no target hangs on them. */
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type OnnxManifest, onnxManifestSchema } from '@pilotlight/model-format';
import type { Prepared } from '../prepare.ts';
import { type SubjectProcess, type SubjectSpec, withSubjects } from '../subject-process.ts';
import { byLength, inBatches } from '../texts.ts';
import { type Context, pause } from './context.ts';

export const PEER_BATCHES = [1, 4, 8, 16, 32, 64] as const;
export const BUDGETS = [128, 256, 512, 1024, 2048, 4096] as const;
const REST_MS = 100;

/** Texts per second, by the size of a batch. */
export interface BatchRates {
  readonly fileOrder: ReadonlyMap<number, number>;
  readonly sorted: ReadonlyMap<number, number>;
}

/** The peer in batches of every size, in file order and sorted by length. */
export async function tryBatchSizes(
  spec: SubjectSpec,
  texts: readonly string[],
  context: Context,
): Promise<BatchRates> {
  const sorted = byLength(texts);
  const rates = { fileOrder: new Map<number, number>(), sorted: new Map<number, number>() };
  await withSubjects([spec], async ([peer]) => {
    if (peer === undefined) return;
    for (const [index, size] of PEER_BATCHES.entries()) {
      context.progress.count('batch sizes of the peer', index, PEER_BATCHES.length);
      rates.fileOrder.set(size, await measureRate(peer, inBatches(texts, size), texts.length));
      rates.sorted.set(size, await measureRate(peer, inBatches(sorted, size), texts.length));
    }
  });
  return rates;
}

/** Pilotlight with other token budgets than the one in its manifest. */
export async function tryBudgets(
  spec: SubjectSpec,
  texts: readonly string[],
  context: Context,
): Promise<ReadonlyMap<number, number>> {
  const rates = new Map<number, number>();
  for (const [index, budget] of BUDGETS.entries()) {
    context.progress.count('token budgets', index, BUDGETS.length);
    const models = packagesWithBudget(spec.config.models, spec.config.model, budget);
    const own = { ...spec, config: { ...spec.config, models } };
    const rate = await withSubjects([own], async ([subject]) =>
      subject === undefined ? Number.NaN : measureRate(subject, [texts], texts.length),
    );
    rates.set(budget, rate);
  }
  return rates;
}

async function measureRate(
  subject: SubjectProcess,
  batches: readonly (readonly string[])[],
  texts: number,
): Promise<number> {
  await pause(REST_MS);
  const { milliseconds } = await subject.batches(batches);
  return (1000 * texts) / milliseconds;
}

/** A folder of packages whose one model is `model` with another token budget; its files are links. */
function packagesWithBudget(packages: string, model: string, budget: number): string {
  const folder = join(dirname(packages), 'budgets', String(budget));
  rmSync(folder, { recursive: true, force: true });
  for (const version of readdirSync(join(packages, model))) {
    const from = join(packages, model, version);
    const to = join(folder, model, version);
    for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const target = join(to, entry.parentPath.slice(from.length), entry.name);
      mkdirSync(dirname(target), { recursive: true });
      linkSync(join(entry.parentPath, entry.name), target);
    }
    writeManifest(join(from, 'model.json'), join(to, 'model.json'), budget);
  }
  return folder;
}

function writeManifest(from: string, to: string, budget: number): void {
  const manifest = readManifest(from);
  const variants = Object.entries(manifest.variants).map(([name, variant]) => [
    name,
    { ...variant, tokenBudget: budget },
  ]);
  rmSync(to);
  writeFileSync(to, JSON.stringify({ ...manifest, variants: Object.fromEntries(variants) }));
}

/** The budget that the int8 variant was packaged with. */
export function readTokenBudget({ packages, model }: Prepared): number | undefined {
  return readManifest(join(packages, model, '1.0.0', 'model.json')).variants.int8?.tokenBudget;
}

const readManifest = (file: string): OnnxManifest =>
  onnxManifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
