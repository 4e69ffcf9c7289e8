/** Builds the variants of a package that is being made, and judges them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../options.ts';
import type { Progress } from '../progress.ts';
import type { Feed } from '../runtime/run-graph.ts';
import { type PlannedVariant, SCHEMES, type VariantName } from '../schemes/index.ts';
import { schemeOf } from '../schemes/rung.ts';
import type { BuildContext } from '../schemes/scheme.ts';
import type { ModelSource } from '../sources/index.ts';
import { calibrationRequests, encodeFeeds } from '../stages/calibrate.ts';
import { judge, type Reference } from '../stages/judge.ts';
import type { LayerError, QuantiseReport } from '../stages/quantise.ts';
import { measureSpeedup } from '../stages/speed.ts';
import { type Attempt, type Step, titleOf } from './climb.ts';
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
}

export class VariantBuilder {
  readonly #parts: Parts;
  readonly #notes = new Map<VariantName, readonly string[]>();
  #quantised: QuantiseReport | undefined;
  #calibration: Promise<readonly Feed[]> | undefined;

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
    if (step) await this.#build({ variant, scheme }, step, { feeds: none, calibration: none });
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
    // A budget that is given asks for the same bytes every time, and what is measured is never the same.
    const isTimed = settings.tokenBudget === undefined && speedup !== undefined;
    staged.describe(variant, { againstFp32: judgement, ...(isTimed && { speedup }) });
    const { scheme: named = schemeOf(step.rung, step.settings), files = [] } = staged.variant(variant) ?? {};
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { step, scheme: named, bytes, judgement, speedup, layers };
  }

  /** The calibration texts as inputs of the graph, tokenised once for all attempts. */
  #calibrate({ task, tokenizer, textProcessing }: PackageFacts): Promise<readonly Feed[]> {
    const { source, staging } = this.#parts;
    const requests = calibrationRequests(task, tokenizer.maskToken);
    this.#calibration ??= encodeFeeds(staging.folder, textProcessing, requests, source.inputs);
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
      const { tokenBudget = scheme.largestBudget(values) } = options;
      await staged.addVariant(variant, model, { ...common, tokenBudget });
      if (twin !== undefined) {
        const onCpu = SCHEMES.fp32.largestBudget(values);
        await staged.addVariant(`${variant}-twin`, twin, { ...common, tokenBudget: onCpu });
      }
      if (quantised !== undefined) this.#quantised = quantised;
      this.#notes.set(variant, notes ?? []);
      return layers;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
}

/** fp32 is built before there are goldens and a tokenizer, and needs neither. */
const none = async (): Promise<readonly Feed[]> => [];

/** Counts the values of all outputs together that a token gives, if they are many. */
function valuesPerToken(outputs: ModelSource['outputs'], { tokenizer }: SourceFacts): number {
  return outputs.some(({ axes }) => axes.includes('vocabulary')) ? tokenizer.vocabSize : 1;
}
