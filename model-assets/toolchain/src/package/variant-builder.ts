/** Builds the variants of a package that is being made, and judges them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Golden } from '@pilotlight/engine';
import { sumOfBytes } from '@pilotlight/model-format';
import type { Settings } from '../options.ts';
import type { Progress } from '../progress.ts';
import type { Feed } from '../runtime/run-graph.ts';
import { type PlannedVariant, SCHEMES, type VariantName } from '../schemes/index.ts';
import { schemeOf } from '../schemes/rung.ts';
import type { BuildContext } from '../schemes/scheme.ts';
import type { ModelSource } from '../sources/index.ts';
import { calibrationRequests, encodeFeeds } from '../stages/calibrate.ts';
import { judge, type Reference } from '../stages/judge.ts';
import { Calibration, type LayerError, type QuantiseReport } from '../stages/quantise.ts';
import { measureSpeedup } from '../stages/speed.ts';
import {
  largestTolerance,
  measureTolerance,
  type VariantDeviation,
  verifyGoldens,
} from '../stages/verify.ts';
import { type Attempt, type Step, titleOf } from './climb.ts';
import { passesGate } from './quality-gate.ts';
import type { StagedPackage } from './staged-package.ts';
import type { StagedSource } from './staged-source.ts';
import type { Staging } from './staging.ts';
import type { PackageFacts, SourceFacts } from './write-package.ts';

interface Parts {
  readonly settings: Settings;
  readonly staging: Staging;
  readonly source: StagedSource;
  readonly progress: Progress;
  readonly staged: StagedPackage;
  /** The variant that the others are judged by. */
  readonly reference: VariantName;
}

/** What an attempt is built and judged with. */
export interface Evidence {
  readonly facts: PackageFacts;
  /** The goldens as inputs of the graph. */
  readonly feeds: () => Promise<readonly Feed[]>;
  readonly reference: Reference;
  readonly goldens: readonly Golden[];
}

export class VariantBuilder {
  readonly #parts: Parts;
  readonly #notes = new Map<VariantName, readonly string[]>();
  readonly #deviations = new Map<VariantName, VariantDeviation>();
  #quantised: QuantiseReport | undefined;
  #calibration: Promise<Calibration> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What the variant that was built last quantised; absent where none was quantised. */
  get quantised(): QuantiseReport | undefined {
    return this.#quantised;
  }

  /** Facts about the variant as it was built last. */
  notes(variant: VariantName): readonly string[] {
    return this.#notes.get(variant) ?? [];
  }

  async buildReference({ variant, scheme }: PlannedVariant): Promise<void> {
    const [rung] = scheme.rungs;
    const step = rung && { rung, settings: this.#parts.settings.quantise, keep: [] };
    // fp32 is built before there are goldens and a tokenizer, and needs neither.
    const needless = { feeds: async () => [], calibration: async () => new Calibration([], '') };
    if (step) await this.#build({ variant, scheme }, step, needless);
  }

  /** Builds a variant in place of the one that was built before, and measures what it loses and gains. */
  async attempt({ variant, scheme }: PlannedVariant, step: Step, evidence: Evidence): Promise<Attempt> {
    const { staged, progress, reference: fp32, settings } = this.#parts;
    const calibration = () => this.#calibrate(evidence.facts);
    const layers = await this.#build({ variant, scheme }, step, { feeds: evidence.feeds, calibration });
    await staged.writeDraft(evidence.facts, fp32);
    const judged = staged.comparable(variant);
    const name = scheme.rungs.length === 1 ? variant : titleOf({ step });
    const { judgement, speedup } = await staged.serving(judged, async (predictor) => ({
      judgement: await progress.stage(`judge ${name}`, (report) =>
        judge(predictor, evidence.reference, report),
      ),
      speedup:
        scheme.tier === 'gpu'
          ? undefined
          : await progress.stage(`time ${name}`, () =>
              staged.serving(fp32, (slower) =>
                measureSpeedup(slower, predictor, evidence.reference.requests),
              ),
            ),
    }));
    const fault = passesGate(judgement, settings.quality)
      ? await this.#findFault(variant, evidence.goldens)
      : undefined;
    // A budget that is given is for tests and trials.
    const isTimed = settings.tokenBudget === undefined && speedup !== undefined;
    staged.describe(variant, { againstFp32: judgement, ...(isTimed && { speedup }) });
    const { scheme: named = schemeOf(step.rung, step.settings), files = [] } = staged.variant(variant) ?? {};
    return { step, scheme: named, bytes: sumOfBytes(files), judgement, fault, speedup, layers };
  }

  /** Compares a variant, or its twin where it has one, with the goldens; what it was compared as it was built last is known. */
  async compare(variant: VariantName, goldens: readonly Golden[]): Promise<VariantDeviation> {
    const { staged, progress } = this.#parts;
    const known = this.#deviations.get(variant);
    if (known !== undefined) return known;
    const compared = staged.comparable(variant);
    const deviation = await progress.stage(`compare ${compared}`, (report) =>
      staged.serving(compared, (predictor) => verifyGoldens(predictor, goldens, undefined, report)),
    );
    this.#deviations.set(variant, deviation);
    return deviation;
  }

  /** Goldens are unlike other texts, and a rung that fails on them cannot be proven by them. */
  async #findFault(variant: VariantName, goldens: readonly Golden[]): Promise<string | undefined> {
    const deviation = await this.compare(variant, goldens);
    const most = largestTolerance(goldens);
    if (measureTolerance(deviation, goldens) <= most) return undefined;
    return `its answers to the goldens are off by up to ${deviation.largest.toPrecision(3)}, so that these could not prove it`;
  }

  /** The calibration that all attempts share. */
  #calibrate({ task, tokenizer, textProcessing }: PackageFacts): Promise<Calibration> {
    const { source, staging } = this.#parts;
    const open = async (): Promise<Calibration> => {
      const requests = calibrationRequests(task, tokenizer.maskToken);
      const feeds = await encodeFeeds(staging.folder, textProcessing, requests, source.inputs);
      return new Calibration(feeds, mkdtempSync(join(staging.root, 'calibration-')));
    };
    this.#calibration ??= open();
    return this.#calibration;
  }

  /**
   * The weights are read from the staged source as they are needed, so that one copy of them is in memory at most. Gives the errors of
   * the layers, where the rung measures them.
   */
  async #build(
    { variant, scheme }: PlannedVariant,
    { rung, settings: chosen, keep }: Step,
    texts: Pick<BuildContext, 'feeds' | 'calibration'>,
  ): Promise<readonly LayerError[] | undefined> {
    const { staging, source, progress, staged, settings: options } = this.#parts;
    const { inputs, outputs, facts } = source;
    const settings = { ...chosen, keep: [...chosen.keep, ...keep] };
    const scratch = mkdtempSync(join(staging.root, 'scratch-'));
    try {
      const { model, twin, quantised, layers, notes } = await rung.build(source.load(), {
        ...{ settings, progress, scratch, ...texts },
      });
      const values = valuesPerToken(outputs, facts);
      const common = { inputs, outputs, keep, tier: scheme.tier, scheme: schemeOf(rung, settings) };
      const { tokenBudget = scheme.tokenBudget(values) } = options;
      await staged.addVariant(variant, model, { ...common, tokenBudget });
      if (twin !== undefined) {
        const onCpu = SCHEMES.fp32.tokenBudget(values);
        await staged.addVariant(`${variant}-twin`, twin, { ...common, tokenBudget: onCpu });
      }
      this.#deviations.delete(variant);
      if (quantised !== undefined) this.#quantised = quantised;
      this.#notes.set(variant, notes ?? []);
      return layers;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
}

/** Counts the values of all outputs together that a token gives, if they are many. */
function valuesPerToken(outputs: ModelSource['outputs'], { tokenizer }: SourceFacts): number {
  return outputs.some(({ axes }) => axes.includes('vocabulary')) ? tokenizer.vocabSize : 1;
}
