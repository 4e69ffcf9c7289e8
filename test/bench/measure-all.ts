/** Every measurement that a command line asks for, one after the other. */

import { availableParallelism } from 'node:os';
import type { Output } from 'pilotlight/internal/kit/command';
import { ProgressBar } from 'pilotlight/internal/kit/progress';
import type { BenchArguments, Measurement } from './arguments.ts';
import { checkAnswers } from './check-answers.ts';
import { LAMBDA_MODEL, STREAMS_MODEL, TARGET_MODEL, TASKS_MODEL } from './default-models.ts';
import { describeMachine } from './machine.ts';
import { ALLENNLP_ROUNDS, measureAllenNlp } from './measure/allennlp.ts';
import { measureBatch } from './measure/batch.ts';
import { measureBulk } from './measure/bulk.ts';
import { BURST_ROUNDS, measureBurst } from './measure/burst.ts';
import { measureCold } from './measure/cold.ts';
import type { Context } from './measure/context.ts';
import { GENERATE_ROUNDS, measureGenerate } from './measure/generate.ts';
import { measureGpu, providerToMeasure } from './measure/gpu.ts';
import { measureLambda } from './measure/lambda.ts';
import { measureLoad } from './measure/load.ts';
import { measureMemory } from './measure/memory.ts';
import { measurePeers, PEERS_ROUNDS } from './measure/peers.ts';
import { measureQuality, QUALITY_ROUNDS } from './measure/quality.ts';
import { measureSoak, SOAK_MINUTES } from './measure/soak.ts';
import { measureStreams, STREAMS_MINUTES } from './measure/streams.ts';
import { measureTasks } from './measure/tasks.ts';
import { measureWarm } from './measure/warm.ts';
import { describeInt8 } from './package-model.ts';
import { type Prepared, parseShape, prepare, type ShapeName } from './prepare.ts';
import { prepareGpu } from './prepare-gpu.ts';
import { BENCH_TASKS, nameModel, prepareTasks } from './prepare-tasks.ts';
import { terminalReport } from './report/terminal.ts';
import { keepResult, writeDocs } from './report/write.ts';
import type { Measured, Result } from './results.ts';

/** Threads on each side: what a Lambda function of 3,538 MB has. */
const THREADS = 2;

const MEASURES: Record<
  Exclude<
    Measurement,
    'lambda' | 'burst' | 'streams' | 'tasks' | 'gpu' | 'peers' | 'quality' | 'allennlp' | 'generate'
  >,
  { rounds: number; measure: (context: Context) => Promise<Measured> }
> = {
  cold: { rounds: 15, measure: measureCold },
  warm: { rounds: 15, measure: measureWarm },
  bulk: { rounds: 5, measure: measureBulk },
  memory: { rounds: 5, measure: measureMemory },
  batch: { rounds: 3, measure: measureBatch },
  load: { rounds: 5, measure: measureLoad },
  soak: { rounds: 1, measure: measureSoak },
};

/** The rounds of `cold --lambda`. */
const LAMBDA_ROUNDS = 15;
const TASKS_ROUNDS = 7;
const GPU_ROUNDS = 5;

/** Prints each result as soon as it is there; with `--json`, all of them at the end. Throws USAGE, BenchError. */
export async function measureAll(options: BenchArguments, stdout: Output): Promise<void> {
  const [shape = parseShape(TARGET_MODEL), ...more] = listShapes(options);
  const measureBesidePeer = besidePeer(options, shape);
  const results: Result[] = [];
  const keep = (result: Result) => {
    keepResult(result);
    results.push(result);
    if (!options.json) stdout.write(`${terminalReport(result)}\n`);
  };
  const measureOne = (measurement: Exclude<Measurement, 'gpu' | 'generate'>) => {
    switch (measurement) {
      case 'lambda':
        return lambda(options);
      case 'burst':
        return bursts(options);
      case 'streams':
        return streams(options);
      case 'tasks':
        return tasks(options, options.measurements.length > 1 ? TASKS_MODEL : shape);
      case 'peers':
        return peers(options);
      case 'quality':
        return quality(options);
      case 'allennlp':
        return allennlp(options);
      default:
        return measureBesidePeer(measurement);
    }
  };
  for (const measurement of options.measurements) {
    const machine = describeMachine();
    if (measurement === 'gpu') {
      for (const model of [shape, ...more]) keep({ measurement, machine, ...(await gpu(options, model)) });
    } else if (measurement === 'generate') {
      for (const model of options.model.split(','))
        keep({ measurement, machine, ...(await generate(options, model)) });
    } else {
      keep({ measurement, machine, ...(await measureOne(measurement)) });
    }
  }
  if (options.json) stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  if (options.write)
    writeDocs(ON_OTHER_MODELS.some((name) => options.measurements.includes(name)) ? TARGET_MODEL : shape);
}

/** Those that take no shape of a checkpoint. */
const WITHOUT_SHAPE: readonly Measurement[] = ['peers', 'quality', 'allennlp', 'generate'];

/** Their results stand in the docs beside those of the usual shape. */
const ON_OTHER_MODELS: readonly Measurement[] = ['gpu', 'peers', 'quality', 'allennlp', 'generate'];

async function peers({ rounds: wanted, model, peers: options }: BenchArguments) {
  const rounds = wanted ?? PEERS_ROUNDS[options.quick ? 'quick' : 'full'];
  const threads = availableParallelism();
  const context = { options, model, threads, rounds, progress: new ProgressBar(), say };
  return { model, rounds, threads, ...(await measurePeers(context)) };
}

async function quality({ model, rounds: wanted, peers: options }: BenchArguments) {
  const rounds = wanted ?? QUALITY_ROUNDS;
  const threads = availableParallelism();
  const context = { options, model, threads, rounds, progress: new ProgressBar(), say };
  return { model, rounds, threads, ...(await measureQuality(context)) };
}

async function allennlp({ model, rounds: wanted, peers: options }: BenchArguments) {
  const rounds = wanted ?? ALLENNLP_ROUNDS[options.quick ? 'quick' : 'full'];
  const threads = 1;
  return { model, rounds, threads, ...(await measureAllenNlp({ options, threads, rounds, say })) };
}

async function generate({ rounds: wanted, peers: options }: BenchArguments, model: string) {
  const rounds = wanted ?? GENERATE_ROUNDS[options.quick ? 'quick' : 'full'];
  const threads = 1;
  return { model, rounds, threads, ...(await measureGenerate({ options, model, threads, rounds, say })) };
}

/** Tells of a figure as it is measured, beside results on stdout. */
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Throws USAGE for a name that is no shape, and for several where one is measured. */
function listShapes({ model, measurements }: BenchArguments): readonly ShapeName[] {
  if (measurements.some((name) => WITHOUT_SHAPE.includes(name))) return [];
  return measurements.includes('gpu') ? model.split(',').map(parseShape) : [parseShape(model)];
}

async function gpu({ rounds = GPU_ROUNDS, provider: asked }: BenchArguments, model: ShapeName) {
  const progress = new ProgressBar();
  const provider = await providerToMeasure(asked);
  // The CPU is measured at its best, with all of its cores.
  const threads = availableParallelism();
  const prepared = await prepareGpu(model, progress);
  const measured = await measureGpu({ prepared, provider, threads, rounds, progress });
  const notes = [...measured.notes, ...describeInt8('int8', prepared.packages, model)];
  return { model, rounds, threads, ...measured, notes };
}

async function lambda({ rounds = LAMBDA_ROUNDS }: BenchArguments) {
  return { model: LAMBDA_MODEL, rounds, threads: 1, ...(await measureLambda(rounds, new ProgressBar())) };
}

async function bursts({ rounds = BURST_ROUNDS }: BenchArguments) {
  const threads = availableParallelism();
  return { model: LAMBDA_MODEL, rounds, threads, ...(await measureBurst(rounds, new ProgressBar())) };
}

async function streams({ minutes = STREAMS_MINUTES }: BenchArguments) {
  const threads = Math.min(THREADS, availableParallelism());
  const measured = await measureStreams({ minutes, threads, progress: new ProgressBar() });
  return { model: STREAMS_MODEL, rounds: 1, threads, ...measured };
}

async function tasks({ rounds = TASKS_ROUNDS }: BenchArguments, model: ShapeName) {
  const progress = new ProgressBar();
  const threads = Math.min(THREADS, availableParallelism());
  const prepared = await prepareTasks(model, progress);
  const measured = await measureTasks({ prepared, threads, rounds, progress });
  const notes = BENCH_TASKS.flatMap((task) =>
    describeInt8(`Pilotlight int8 for ${task}`, prepared.packages, nameModel(model, task)),
  );
  return { model, rounds, threads, ...measured, notes: [...measured.notes, ...notes] };
}

/** Measures beside the peer, on models that are made before the first measurement. */
function besidePeer({ rounds: wanted, requests, minutes = SOAK_MINUTES }: BenchArguments, model: ShapeName) {
  const progress = new ProgressBar();
  const threads = Math.min(THREADS, availableParallelism());
  let ready: Promise<Prepared> | undefined;
  const made = async () => {
    const prepared = await prepare(model, progress);
    await checkAnswers(prepared, threads);
    return prepared;
  };
  return async (measurement: keyof typeof MEASURES) => {
    ready ??= made();
    const { measure, rounds: usual } = MEASURES[measurement];
    const rounds = wanted ?? usual;
    const prepared = await ready;
    const measured = await measure({ prepared, threads, rounds, requests, minutes, progress });
    const notes = [...measured.notes, ...describeInt8('Pilotlight int8', prepared.packages, model)];
    return { model, rounds, threads, ...measured, notes };
  };
}
