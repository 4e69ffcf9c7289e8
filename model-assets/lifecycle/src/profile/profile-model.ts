/** Measures what a package takes of this machine, and where the curves bend. */
import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import type { PackageManifest } from '@pilotlight/model-format';
import { describeMachine } from '../compare/run/machine.ts';
import { nameSide, openSide, type SideName } from '../compare/run/side.ts';
import { LifecycleError } from '../errors.ts';
import type { Job } from './job.ts';
import { proposeLimits } from './limits.ts';
import type { Profile, Shape, TimeShares } from './profile.ts';
import { runProcess } from './run-process.ts';

export interface ProfileOptions {
  /** Lengths of texts. @default - powers of two from 16 on, up to 512 or what the model takes */
  readonly tokens?: readonly number[] | undefined;
  /** Texts at once. @default 1, 4, 16; 1, 4 of a model that generates */
  readonly batches?: readonly number[] | undefined;
  /** @default - one for each core */
  readonly threads?: number | undefined;
  /** Most runs of a shape. @default 20 */
  readonly runs?: number | undefined;
  /** File that a trace of calls is written to, for Perfetto. @default - none is kept */
  readonly traceFile?: string | undefined;
  readonly report?: (done: number, shape: string) => void;
}

export interface ProfileResult {
  readonly profile: Profile;
  /** Folder of the package. */
  readonly folder: string;
}

const RUNS = 20;
/** Milliseconds that the runs of a shape may take after its first three. */
const BUDGET_MS = 1_500;
/** The shape whose time is divided into stages and operators. */
const TRACED = { tokens: 128, batch: 1 };
const [SHORTEST, LONGEST] = [16, 512];

/**
 * Measures every shape in a process of its own.
 *
 * @throws LifecycleError MEASUREMENT_FAILED, NOT_COMPARABLE for a model of transformers.js; EngineError for a package that does not load
 */
export async function profileModel(name: SideName, options: ProfileOptions = {}): Promise<ProfileResult> {
  const { threads = availableParallelism(), runs = RUNS, traceFile, report = () => {} } = options;
  const side = await openSide(name, { threads });
  await side.dispose();
  const { manifest, variant, folder, checksum } = side;
  const measures = measuresOf(manifest);
  const lengths = options.tokens ?? defaultLengths(manifest);
  const batches = options.batches ?? (manifest.runtime === 'generation' ? [1, 4] : [1, 4, 16]);
  const base: Omit<Job, 'tokens' | 'batch' | 'trace'> = {
    packages: dirname(dirname(folder)),
    ...{
      name: basename(dirname(folder)),
      version: basename(folder),
      variant,
      threads,
      runs,
      budgetMs: BUDGET_MS,
    },
  };
  const shapes: Shape[] = [];
  const all = lengths.flatMap((tokens) => batches.map((batch) => ({ tokens, batch })));
  for (const [index, shape] of all.entries()) {
    report(index / (all.length + 1), `${shape.batch} × ${shape.tokens || 'golden'} tokens`);
    const answer = await runProcess({ ...base, ...shape, trace: false });
    if ('shape' in answer) shapes.push(answer.shape);
  }
  report(all.length / (all.length + 1), 'stages and operators');
  const tokens = lengths.toSorted((one, other) => distance(one) - distance(other))[0] ?? TRACED.tokens;
  const batch = batches.includes(TRACED.batch) ? TRACED.batch : (batches[0] ?? 1);
  const time = await traceShape({
    ...base,
    tokens,
    batch,
    trace: true,
    ...(traceFile !== undefined && { traceFile }),
  });
  report(1, 'done');
  const machine = describeMachine(threads);
  const budget = budgetOf(manifest, variant);
  const profile: Profile = {
    ...{ profile: 1, manifest: checksum, model: nameSide(side).split(' ')[0] ?? '', variant, machine },
    ...{ measuredAt: new Date().toISOString(), measures, shapes },
    limits: [...proposeLimits({ shapes, measures, threads: machine.threads }, budget)],
    time,
  };
  return { profile, folder };
}

const distance = (tokens: number): number => Math.abs(tokens - TRACED.tokens);

async function traceShape(job: Job): Promise<TimeShares> {
  const answer = await runProcess(job);
  if ('time' in answer) return answer.time;
  throw new LifecycleError('MEASUREMENT_FAILED', `${job.name} gave times in place of stages. Report this.`);
}

function measuresOf({ runtime, name }: PackageManifest): Profile['measures'] {
  switch (runtime) {
    case 'onnx':
      return 'runs of the graph';
    case 'generation':
      return 'calls of 8 new tokens';
    case 'allennlp':
      return 'calls';
    case 'transformers.js':
      throw new LifecycleError(
        'NOT_COMPARABLE',
        `${name} is run by transformers.js, whose inputs have no length in tokens. Time it with "pilotlight models bench".`,
      );
  }
}

function defaultLengths(manifest: PackageManifest): readonly number[] {
  const most = longestOf(manifest);
  if (most === 0) return [0];
  const lengths: number[] = [];
  for (let tokens = SHORTEST; tokens < Math.min(most, LONGEST); tokens *= 2) lengths.push(tokens);
  return [...lengths, Math.min(most, LONGEST)];
}

/** 0 for a model of AllenNLP, whose inputs are objects: those of its goldens are taken as they are. */
function longestOf(manifest: PackageManifest): number {
  if (manifest.runtime === 'onnx') return manifest.textProcessing.maxTokens;
  if (manifest.runtime !== 'generation') return 0;
  const { cross, maxPositions = LONGEST } = manifest.decoder;
  return cross ? (cross.maxTokens ?? LONGEST) : Math.max(SHORTEST, maxPositions - SHORTEST);
}

function budgetOf(manifest: PackageManifest, variant: string): number | undefined {
  return manifest.runtime === 'onnx' ? manifest.variants[variant]?.tokenBudget : undefined;
}
