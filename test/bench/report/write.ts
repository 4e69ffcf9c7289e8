import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEASUREMENTS, type Measurement } from '../arguments.ts';
import {
  ARCHIVES_MODEL,
  GENERATION_MODELS,
  GPU_MODELS,
  LAMBDA_MODEL,
  STREAMS_MODEL,
  TASKS_MODEL,
  TRAINED_MODEL,
} from '../default-models.ts';
import { ROOT, WORK } from '../paths.ts';
import type { Result } from '../results.ts';
import { markdownReport } from './markdown.ts';
import { drawPlots } from './plots.ts';

const nameFile = (measurement: Measurement, model: string): string =>
  join(WORK, 'results', `${measurement}-${model}.json`);

/** Keeps a result, so that a report can be written out of measurements that were run one at a time. */
export function keepResult(result: Result): void {
  mkdirSync(join(WORK, 'results'), { recursive: true });
  writeFileSync(nameFile(result.measurement, result.model), JSON.stringify(result));
}

/** The models of what is measured with these only. */
const MODELS: Partial<Record<Measurement, readonly string[]>> = {
  lambda: [LAMBDA_MODEL],
  burst: [LAMBDA_MODEL],
  streams: [STREAMS_MODEL],
  tasks: [TASKS_MODEL],
  gpu: GPU_MODELS,
  peers: [TRAINED_MODEL],
  quality: [TRAINED_MODEL],
  allennlp: [ARCHIVES_MODEL],
  generate: GENERATION_MODELS.full,
};

/**
 * Writes docs/reference/benchmarks.md and its plots out of the latest result of each measurement of a model that was made in this clone; in
 * local Lambda, and for tasks, there is only one. Other sections of the page stay as they are.
 */
export function writeDocs(model: string): void {
  const results = MEASUREMENTS.flatMap((measurement) =>
    (MODELS[measurement] ?? [model]).map((name) => nameFile(measurement, name)),
  )
    .filter((file) => existsSync(file))
    .map((file): Result => JSON.parse(readFileSync(file, 'utf8')));
  const sections = results.map((result) => ({ result, plots: drawPlots(result) }));
  mkdirSync(join(ROOT, 'docs', 'reference', 'benchmarks'), { recursive: true });
  for (const { file, svg } of sections.flatMap(({ plots }) => plots)) {
    writeFileSync(join(ROOT, 'docs', 'reference', 'benchmarks', file), svg);
  }
  const page = join(ROOT, 'docs', 'reference', 'benchmarks.md');
  const before = existsSync(page) ? readFileSync(page, 'utf8') : '';
  writeFileSync(page, markdownReport(sections, before));
}
