/** Compares two models on the same texts: two versions, two variants, two engines or two machines. */

import { LifecycleError } from '../errors.ts';
import { decideAmongOthers } from './answers/among-others.ts';
import type { Answer, Kind } from './answers/answer.ts';
import { type AnswerComparison, compareAnswers } from './answers/compare.ts';
import { readingFor } from './answers/read.ts';
import { comparePackages, type PackageComparison } from './package/facts.ts';
import { collectAnswers } from './run/collect.ts';
import { compareLatency, type LatencyComparison } from './run/latency.ts';
import type { Machine } from './run/machine.ts';
import type { Recording } from './run/recording.ts';
import { builtInSamples, type Sample } from './run/samples.ts';
import { type AnsweredBy, nameSide, type Side } from './run/side.ts';

/** A loaded model, or its answers of before. */
export type Compared = Side | Recording;

export interface DiffOptions {
  /** @default - the texts of a recording, else the built-in ones of the task of A */
  readonly samples?: readonly Sample[] | undefined;
  /** Whether single calls are timed, where both models are here. @default true */
  readonly latency?: boolean;
  readonly report?: (done: number) => void;
}

export interface ComparedSide {
  readonly name: string;
  readonly checksum: string;
  readonly machine: Machine;
  /** Whether the answers were given earlier, or elsewhere. */
  readonly recorded: boolean;
}

export interface ModelDiff {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  readonly samples: readonly Sample[];
  readonly answers: AnswerComparison;
  readonly package: PackageComparison;
  /** @default - a side was recorded, or nobody asked */
  readonly latency?: LatencyComparison;
}

/**
 * Compares A and B. Flips, token ids, scores, packages and times are values; nothing that differs is an error.
 *
 * @throws LifecycleError NOT_COMPARABLE where their answers are of different kinds, or a recording has other texts
 */
export async function diffModels(
  a: Compared,
  b: Compared,
  { samples: given, latency = true, report = () => {} }: DiffOptions = {},
): Promise<ModelDiff> {
  const kind = commonKind(a, b);
  const samples =
    given ?? recordedSamples(a, b) ?? (await builtInSamples(a.manifest, 'folder' in a ? a.folder : ''));
  const answersA = await answersOf(a, samples, (done) => report(0.45 * done));
  const answersB = await answersOf(b, samples, (done) => report(0.45 + 0.45 * done));
  const times = latency && isSide(a) && isSide(b) ? await compareLatency(a, b, samples) : undefined;
  report(1);
  return {
    a: describeSide(a),
    b: describeSide(b),
    samples,
    answers: compareAnswers(kind, samples, [
      decideAmongOthers(answersA, kind),
      decideAmongOthers(answersB, kind),
    ]),
    package: await comparePackages(a, b),
    ...(times && { latency: times }),
  };
}

const isSide = (side: Compared): side is Side => 'model' in side;

/** @throws LifecycleError NOT_COMPARABLE */
function commonKind(a: AnsweredBy, b: AnsweredBy): Kind {
  const [kind, other] = [readingFor(a.manifest).kind, readingFor(b.manifest).kind];
  if (kind === other) return kind;
  throw new LifecycleError(
    'NOT_COMPARABLE',
    `${nameSide(a)} answers with ${kind} (${a.manifest.task}), and ${nameSide(b)} with ${other} (${b.manifest.task}). Compare models of one task.`,
  );
}

function recordedSamples(a: Compared, b: Compared): readonly Sample[] | undefined {
  if (!isSide(a)) return a.samples;
  return isSide(b) ? undefined : b.samples;
}

/** @throws LifecycleError NOT_COMPARABLE where a recording is of other texts */
async function answersOf(
  side: Compared,
  samples: readonly Sample[],
  report: (done: number) => void,
): Promise<readonly Answer[]> {
  if (isSide(side)) return collectAnswers(side, samples, { report });
  const isSame = (sample: Sample, index: number) => {
    const own = side.samples[index];
    return own?.text === sample.text && own.pair === sample.pair;
  };
  if (side.samples.length === samples.length && samples.every(isSame)) return side.answers;
  throw new LifecycleError(
    'NOT_COMPARABLE',
    `The recorded answers of ${nameSide(side)} are of other texts. Leave --texts out: the texts of the recording are taken.`,
  );
}

function describeSide(side: Compared): ComparedSide {
  return {
    name: nameSide(side),
    checksum: side.checksum,
    machine: side.machine,
    recorded: !isSide(side),
  };
}
