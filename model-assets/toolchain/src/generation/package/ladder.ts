/** Climbs down the rungs of int8 until one generates as fp32 does. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerationGolden } from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import {
  type GenerationManifest,
  type SchemeName,
  sumOfBytes,
  type TextJudgement,
} from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import type { Progress } from '../../progress.ts';
import { INT8_RUNGS, type Rung, schemeOf } from '../../schemes/rung.ts';
import type { GeneratorCalibration } from './calibrate-generator.ts';
import { measureTextTolerance } from './compare-goldens.ts';
import { judgeText, type TextReference } from './judge-text.ts';
import { measureGenerationSpeed, measureTextSpeedup } from './measure-speed.ts';
import type { GeneratorOptions } from './options.ts';
import { TextScorer } from './score-text.ts';
import type { ProvenVariant, StagedGenerator } from './staged-generator.ts';
import type { StagedGraphs } from './staged-graphs.ts';
import { missedDemands } from './text-gate.ts';
import { writeGeneratorVariant } from './write-variant.ts';

/** With fewer bytes of weights a model is as fast in fp32. */
const LEAST_BYTES = 8_000_000;

/** The rungs, the fastest first. One scale of all activations loses too much where a few channels are large, as in language models. */
export const TEXT_RUNGS: readonly Rung[] = INT8_RUNGS.filter(({ scheme }) => scheme !== 'int8-static');

export interface LadderParts {
  readonly staged: StagedGenerator;
  readonly graphs: StagedGraphs;
  /** Of the draft that is staged, with fp32 alone. */
  readonly manifest: GenerationManifest;
  readonly fp32: ProvenVariant;
  readonly goldens: readonly GenerationGolden[];
  readonly reference: TextReference;
  readonly calibration: GeneratorCalibration;
  readonly options: Pick<GeneratorOptions, 'quality' | 'scheme' | 'keep' | 'reduceRange'>;
  readonly progress: Progress;
}

/** A rung that was tried. */
export interface TextAttempt {
  readonly scheme: SchemeName;
  readonly title: string;
  readonly bytes: number;
  readonly judgement: TextJudgement;
  readonly speedup: number;
  /** What it misses. @default - it is taken */
  readonly missed: readonly string[];
}

export interface TextLadder {
  /** @default - nothing is good enough */
  readonly taken?: ProvenVariant;
  readonly tried: readonly TextAttempt[];
}

/** Whether int8 is not worth trying, unless a rung is asked for. */
export function isTooSmall({ variant }: ProvenVariant, { scheme }: LadderParts['options']): boolean {
  return scheme === undefined && sumOfBytes(variant.files) < LEAST_BYTES;
}

/**
 * The variant of the first rung that is good enough, whose files are left in the staging.
 *
 * @throws ToolchainError VERIFY_FAILED where the only rung that was asked for loses too much, USAGE where there is none of its name
 */
export async function climbTextLadder(parts: LadderParts): Promise<TextLadder> {
  const { scheme, quality = 'fast' } = parts.options;
  const tried: TextAttempt[] = [];
  for (const rung of chooseRungs(scheme)) {
    const { proven, attempt } = await tryRung(rung, parts);
    tried.push(attempt);
    if (attempt.missed.length === 0) return { taken: proven, tried };
    rmSync(join(parts.staged.staging.folder, 'int8'), { recursive: true, force: true });
  }
  if (scheme === undefined) return { tried };
  throw new ToolchainError(
    'VERIFY_FAILED',
    `${scheme} loses too much for --quality ${quality}: ${tried.flatMap(({ missed }) => missed).join(', ')}. Leave out --scheme to try the other rungs, or package it in fp32: --variants fp32.`,
  );
}

function chooseRungs(scheme: SchemeName | undefined): readonly Rung[] {
  if (scheme === undefined) return TEXT_RUNGS;
  const chosen = INT8_RUNGS.filter((rung) => rung.scheme === scheme);
  if (chosen.length > 0) return chosen;
  throw new ToolchainError(
    'USAGE',
    `--scheme must be one of ${INT8_RUNGS.map((rung) => rung.scheme).join(', ')}.`,
  );
}

async function tryRung(
  rung: Rung,
  parts: LadderParts,
): Promise<{ readonly proven: ProvenVariant; readonly attempt: TextAttempt }> {
  const { staged, graphs, manifest, fp32, goldens, reference, calibration, options, progress } = parts;
  const { keep = [], reduceRange = false, quality = 'fast' } = options;
  const settings = { keep, reduceRange };
  const scheme = schemeOf(rung, settings);
  const keptFp32 = keep.length > 0 ? { keptFp32: [...keep] } : {};
  const built = await writeGeneratorVariant(
    graphs,
    staged.staging,
    { name: 'int8', scheme, ...keptFp32 },
    async (graph, scratch) => {
      const context = { settings, progress, scratch, calibration: () => calibration(graph.name) };
      return (await rung.build(graph.load(), context)).model;
    },
  );
  await staged.write({ int8: { variant: built, tolerance: 1 }, fp32 }, goldens);
  const { judgement, speed, speedup, deviation } = await progress.stage(`judge ${scheme}`, (report) =>
    staged.serve('int8', async (model) => ({
      judgement: await TextScorer.with(staged.staging.folder, built, manifest.decoder, (scorer) =>
        judgeText(model, scorer, reference, (done) => report(0.8 * done)),
      ),
      deviation: await measureTextTolerance(model, goldens),
      speed: await measureGenerationSpeed(model, manifest.decoder, (done) => report(0.8 + 0.1 * done)),
      speedup: await staged.serve('fp32', (exact) => measureTextSpeedup(exact, model, manifest.decoder)),
    })),
  );
  const { tolerance, fault } = deviation;
  const missed = [...missedDemands(judgement, quality), ...(fault === undefined ? [] : [fault])];
  return {
    proven: { variant: { ...built, speed, againstFp32: judgement, speedup }, tolerance },
    attempt: { scheme, title: rung.title, bytes: sumOfBytes(built.files), judgement, speedup, missed },
  };
}
