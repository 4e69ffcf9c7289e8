/** Throughput of a GPU beside that of the CPU, by the size of the batch. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine, type ExecutionProvider, type Predictor } from '@pilotlight/engine';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { chooseExecutionProvider } from '../../../functions/server/execution-provider/choose.ts';
import { parseGoldens } from '../../../model-assets/toolchain/src/package-files/goldens-file.ts';
import { verifyGoldens } from '../../../model-assets/toolchain/src/stages/verify.ts';
import { BenchError } from '../errors.ts';
import type { PreparedGpu } from '../prepare-gpu.ts';
import type { Comparison, Measured, Series } from '../results.ts';
import { median, pairedRatio } from '../statistics.ts';
import { alternateOrder } from '../subject-process.ts';
import { TextMaker } from '../texts.ts';
import { Samples, SEED } from './context.ts';

const TEXT_TOKENS = 128;
/** Larger ones gain a CPU nothing, and would take it minutes. */
const CPU_BATCHES = [1, 8, 32];
const GPU_BATCHES = [...CPU_BATCHES, 128];
/** The time for which a batch is run again and again for one sample. */
const SAMPLE_MS = { tiny: 20, real: 1_000 } as const;

export interface GpuContext {
  readonly prepared: PreparedGpu;
  readonly provider: ExecutionProvider;
  readonly threads: number;
  readonly rounds: number;
  readonly progress: ProgressBar;
}

/** The provider to measure. Throws NO_GPU where none of a GPU works and the CPU is not asked for. */
export async function providerToMeasure(asked: ExecutionProvider | undefined): Promise<ExecutionProvider> {
  const { chosen, candidates } = await chooseExecutionProvider({
    forced: asked,
    requireGpu: asked !== 'cpu',
  });
  if (chosen !== undefined) return chosen;
  const reasons = candidates.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  throw new BenchError(
    'NO_GPU',
    `no GPU to measure (${reasons}); node functions/server/provider-report.ts says what is missing, --provider cpu measures the CPU alone`,
  );
}

interface Subject {
  readonly name: string;
  readonly provider: ExecutionProvider;
  readonly variant: 'int8' | 'fp32' | 'fp16';
  readonly batches: readonly number[];
}

function listSubjects(provider: ExecutionProvider): readonly Subject[] {
  const onCpu = (['int8', 'fp32'] as const).map((variant): Subject => {
    return { name: `cpu ${variant}`, provider: 'cpu', variant, batches: CPU_BATCHES };
  });
  if (provider === 'cpu') return onCpu;
  return [...onCpu, { name: `${provider} fp16`, provider, variant: 'fp16', batches: GPU_BATCHES }];
}

/** Every subject answers the goldens of the package, and is timed then, batch by batch in alternating order. */
export async function measureGpu(context: GpuContext): Promise<Measured> {
  const { prepared, rounds, progress, provider } = context;
  const subjects = listSubjects(provider);
  const length = Math.min(TEXT_TOKENS, prepared.maxTokens);
  const maker = new TextMaker(prepared.tokenizer, SEED.gpu);
  const texts = Array.from({ length: Math.max(...GPU_BATCHES) }, () => ({ text: maker.ofTokens(length) }));
  const sampleMs = SAMPLE_MS[prepared.model === 'tiny' ? 'tiny' : 'real'];
  const samples = new Samples();
  const engines = subjects.map((subject) => ({ subject, engine: createEngine(subject, context) }));
  try {
    for (const { subject, engine } of engines) {
      progress.count(`goldens on ${subject.name}`, 0, rounds);
      await expectGoldens(await engine.predictor(prepared.model), prepared);
    }
    for (let round = 0; round < rounds; round++) {
      for (const { subject, engine } of alternateOrder(round, engines)) {
        const predictor = await engine.predictor(prepared.model);
        for (const size of subject.batches) {
          progress.count(`${subject.name}, batches of ${size}`, round, rounds);
          samples.add(formatKey(subject, size), await throughput(predictor, texts.slice(0, size), sampleMs));
        }
      }
    }
  } finally {
    for (const { engine } of engines) await engine.dispose();
  }
  progress.clear();
  return report(subjects, samples, length);
}

function createEngine({ provider, variant }: Subject, { prepared, threads }: GpuContext): Engine {
  const { packages } = prepared;
  return new Engine({
    packages,
    variant,
    executionProvider: provider,
    intraOpThreads: threads,
    verify: 'size',
  });
}

/** Throws VERIFY_FAILED where a golden is missed. */
async function expectGoldens(predictor: Predictor, { packages, model }: PreparedGpu): Promise<void> {
  const { name, version, goldens: file } = predictor.manifest;
  const content = await readFile(join(packages, model, version, file.path), 'utf8');
  const { goldens, tolerance } = parseGoldens(content);
  const accepted = tolerance[predictor.variantName];
  if (accepted === undefined)
    throw new BenchError('BAD_CHECKPOINT', `the goldens of ${name} have no tolerance`);
  await verifyGoldens(predictor, goldens, { tolerance: accepted });
}

/** Texts a second; the first run, which may choose kernels, is not counted. */
async function throughput(
  predictor: Predictor,
  texts: readonly { readonly text: string }[],
  sampleMs: number,
): Promise<number> {
  await predictor.infer(texts, { truncate: true });
  const start = performance.now();
  let runs = 0;
  let elapsed = 0;
  while (elapsed < sampleMs) {
    await predictor.infer(texts, { truncate: true });
    runs += 1;
    elapsed = performance.now() - start;
  }
  return (1_000 * runs * texts.length) / elapsed;
}

const formatKey = ({ name }: Subject, size: number): string => `${name}/${size}`;

function report(subjects: readonly Subject[], samples: Samples, length: number): Measured {
  const of = (subject: Subject, size: number) => samples.get(formatKey(subject, size));
  const [baseline, ...others] = subjects;
  const comparisons = others.flatMap((subject): Comparison[] =>
    CPU_BATCHES.map((size) => ({
      name: `batches of ${size}: ${subject.name} / ${baseline?.name}`,
      unit: 'x',
      value: pairedRatio(of(subject, size), baseline ? of(baseline, size) : []),
    })),
  );
  return {
    series: subjects.flatMap((subject) =>
      subject.batches.map((size): Series => {
        const metric = `batches of ${size}`;
        return { subject: subject.name, metric, unit: 'texts/s', samples: of(subject, size) };
      }),
    ),
    comparisons,
    curves: subjects.map((subject) => ({
      subject: subject.name,
      points: subject.batches.map((size) => [size, median(of(subject, size))] as const),
    })),
    notes: [
      `Texts of ${length} tokens, tokenised and run by the engine in one process; every subject gave the golden answers first.`,
    ],
  };
}
