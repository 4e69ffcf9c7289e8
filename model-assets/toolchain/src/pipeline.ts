/**
 * From a checkpoint to a package: source -> graph -> quantise -> optimise -> externalise -> goldens -> compare, again
 * with fewer layers in int8 where that is not good enough -> half -> tune -> evaluate -> verify -> pack. This file and what
 * it builds and writes with, build-half.ts and write-package.ts, compose the stages; each of them stands alone.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine, type Golden, type Predictor } from '@pilotlight/engine';
import { requestOfGolden } from '@pilotlight/engine/internal/predict/goldens/golden';
import type { OnnxManifest, Quality, Variant } from '@pilotlight/model-format';
import { buildHalf } from './build-half.ts';
import { ToolchainError } from './errors.ts';
import type { OnnxModel } from './graph/onnx.ts';
import type { AddOptions, VariantName } from './package/add-options.ts';
import type { Goldens } from './package/goldens-file.ts';
import { describeGate, MAXIMUM_SHARE_KEPT, passesGate } from './package/quality-gate.ts';
import { type ModelSource, readSource } from './sources/index.ts';
import { evaluate } from './stages/evaluate.ts';
import { externalise, GRAPH_FILE } from './stages/externalise.ts';
import { builtInRequests, makeGoldens, requestsOfFile } from './stages/goldens.ts';
import { type Feed, runGraph } from './stages/optimise/run-graph.ts';
import { optimise, RUNTIME_VERSION } from './stages/optimise.ts';
import { createStaging, publish, refuseExisting, type Staging } from './stages/pack.ts';
import {
  fewestKept,
  insertProbes,
  type LayerError,
  layerErrors,
  type QuantiseReport,
  quantise,
} from './stages/quantise.ts';
import { gpuBudget, largestBudget, tuneTokenBudget } from './stages/tune.ts';
import {
  toleranceOf,
  type VariantDeviation,
  type VariantProof,
  verifyGoldens,
  verifyPackage,
} from './stages/verify.ts';
import type { Progress } from './terminal/progress.ts';
import { type PackageFacts, type SourceFacts, writePackage, writeTokenizer } from './write-package.ts';

export interface AddResult {
  readonly folder: string;
  readonly manifest: OnnxManifest;
  /** What the int8 variant quantised; absent where only fp32 is packaged. */
  readonly quantised?: QuantiseReport;
  readonly proofs: readonly VariantProof[];
  /** What who packages the model should know of its source. */
  readonly notes: readonly string[];
}

/**
 * Packages a model. The folder of the package appears complete or not at all. Throws ToolchainError and
 * EngineError; docs/models.md says what to do on each code.
 */
export async function addModel(options: AddOptions, progress: Progress): Promise<AddResult> {
  const { packages, name, version, force } = options;
  refuseExisting(packages, name, version, force);
  const staging = await createStaging(packages, name, version);
  try {
    return await new Packaging(options, staging, progress).run();
  } finally {
    await staging.dispose();
  }
}

/** fp16 as a GPU rounds it, to be measured on the CPU and never packaged. */
const ROUNDED = 'fp16-rounded';
type StagedVariant = VariantName | typeof ROUNDED;

/** One model on its way; the staged folder is a store of its own, which the serving engine reads from. */
class Packaging {
  readonly #options: AddOptions;
  readonly #staging: Staging;
  readonly #progress: Progress;
  readonly #variants = new Map<StagedVariant, Variant>();
  readonly #deviations = new Map<StagedVariant, VariantDeviation>();
  readonly #notes: string[] = [];
  #quantised: QuantiseReport | undefined;

  constructor(options: AddOptions, staging: Staging, progress: Progress) {
    this.#options = options;
    this.#staging = staging;
    this.#progress = progress;
  }

  async run(): Promise<AddResult> {
    const { variants, packages, force } = this.#options;
    const served = variants[0] ?? 'int8';
    const source = await this.#buildVariant('fp32');
    if (variants.includes('int8')) await this.#buildVariant('int8');
    const facts = { ...source, textProcessing: await writeTokenizer(this.#staging.folder, source) };
    await this.#writeDraft(facts);

    const goldens = await this.#makeGoldens(facts);
    if (variants.includes('int8')) await this.#passGate(facts, goldens);
    if (variants.includes('fp16')) await this.#buildHalf(facts, goldens);
    const tolerance = await this.#measure(goldens);
    await this.#tune();
    const quality = await this.#evaluate(served);

    await this.#dropVariantsNotWanted();
    const manifest = await this.#writePackage(facts, served, { tolerance, goldens }, quality);
    const entry = { name: manifest.name, version: manifest.version, manifest };
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyPackage(this.#staging.root, entry, report),
    );
    const folder = await publish(this.#staging, packages, manifest, force);
    return {
      folder,
      manifest,
      proofs,
      notes: [...facts.notes, ...this.#notes],
      ...(this.#quantised && { quantised: this.#quantised }),
    };
  }

  /** The graph is read anew for each variant, so that the weights of one are in memory at a time. */
  async #buildVariant(variant: VariantName, keep: readonly string[] = []): Promise<SourceFacts> {
    const { quantise: settings } = this.#options;
    const { model, inputs, outputs, ...facts } = await this.#readSource(variant);
    if (variant === 'int8') {
      this.#quantised = await this.#progress.stage('quantise', async () =>
        quantise(model, { ...settings, keep: [...settings.keep, ...keep] }),
      );
    }
    const optimised = await this.#progress.stage(`optimise ${variant}`, () =>
      optimise(model, this.#staging.root),
    );
    const { tokenBudget = largestBudget(valuesPerToken(outputs, facts)) } = this.#options;
    const scheme = schemeOf(variant, settings.reduceRange);
    await this.#writeVariant(variant, optimised, {
      inputs,
      outputs,
      scheme,
      tokenBudget,
      tier: 'lambda',
      keep,
    });
    return facts;
  }

  /** Writes the fp16 variant, and how far a GPU takes it from fp32. Throws VERIFY_FAILED where that is too far. */
  async #buildHalf(facts: PackageFacts, goldens: readonly Golden[]): Promise<void> {
    const { model: source, inputs, outputs } = await this.#readSource('fp16');
    const feeds = await this.#feedsOf(goldens, inputs);
    const scratch = this.#staging.root;
    const { model, rounded, report } = await buildHalf(source, feeds, { progress: this.#progress, scratch });
    const { tokenBudget = gpuBudget(valuesPerToken(outputs, facts)) } = this.#options;
    const common = { inputs, outputs, scheme: 'fp16', tokenBudget, tier: 'gpu', keep: [] } as const;
    await this.#writeVariant('fp16', model, common);
    await this.#writeVariant(ROUNDED, rounded, {
      ...common,
      tokenBudget: largestBudget(valuesPerToken(outputs, facts)),
    });
    await this.#writeDraft(facts);
    const deviation = await this.#compare(ROUNDED, goldens);
    if (!passesGate(deviation)) {
      throw new ToolchainError(
        'VERIFY_FAILED',
        `fp16 misses the quality gate (${describeGate(deviation)}). Package the model without it: --variants int8,fp32.`,
      );
    }
    this.#deviations.set('fp16', deviation);
    const { outOfRange, clipped } = report;
    if (outOfRange.length > 0)
      this.#notes.push(
        `fp16: ${outOfRange.length} operators stay fp32, for their values are too large: ${outOfRange.join(', ')}`,
      );
    if (clipped > 0) this.#notes.push(`fp16: ${clipped} constants beyond its range are clipped`);
  }

  async #writeVariant(
    variant: StagedVariant,
    model: OnnxModel,
    { inputs, outputs, keep, ...facts }: Pick<Variant, 'scheme' | 'tokenBudget' | 'tier'> & VariantGraph,
  ): Promise<void> {
    const files = await this.#progress.stage(`write ${variant}`, () =>
      externalise(model, this.#path(variant)),
    );
    this.#variants.set(variant, {
      graphs: { model: { file: `${variant}/${GRAPH_FILE}`, inputs, outputs } },
      files: files.map((file) => ({ ...file, path: `${variant}/${file.path}` })),
      opset: model.opsetImport.find(({ domain }) => domain === '')?.version ?? 0,
      onnxruntime: RUNTIME_VERSION,
      ...facts,
      ...(keep.length > 0 && { keptFp32: [...keep] }),
    });
  }

  #readSource(purpose: string): Promise<ModelSource> {
    const { source, task, decoding } = this.#options;
    return this.#progress.stage(`read for ${purpose}`, () =>
      readSource(source, { ...(task && { task }), ...(decoding && { decoding }) }),
    );
  }

  /** Leaves as many of the worst layers of int8 in fp32 as the quality gate asks for. Throws VERIFY_FAILED. */
  async #passGate(facts: PackageFacts, goldens: readonly Golden[]): Promise<void> {
    const plain = await this.#compare('int8', goldens);
    if (passesGate(plain)) return;
    const attempt = async (keep: readonly string[]): Promise<VariantDeviation> => {
      await this.#buildVariant('int8', keep);
      await this.#writeDraft(facts);
      return this.#compare('int8', goldens);
    };
    const layers = await this.#measureLayers(goldens);
    const worstFirst = layers.map(({ weights }) => weights);
    let tried: readonly string[] = [];
    const found = await fewestKept(
      worstFirst,
      Math.floor(MAXIMUM_SHARE_KEPT * layers.length),
      async (keep) => {
        tried = keep;
        const deviation = await attempt(keep);
        return passesGate(deviation) ? deviation : undefined;
      },
    );
    if (found === undefined) {
      throw new ToolchainError(
        'VERIFY_FAILED',
        `int8 misses the quality gate (${describeGate(plain)}) even with the worse half of its layers in fp32. ` +
          'Package the model with --variants fp32.',
      );
    }
    if (tried.length !== found.kept.length) await attempt(found.kept);
    const kept = layers
      .slice(0, found.kept.length)
      .map(({ weights, relative }) => `${weights} (own error ${(100 * relative).toFixed(1)} %)`);
    this.#notes.push(
      `int8 alone misses the quality gate (${describeGate(plain)}): ${kept.length} of ${layers.length} layers stay fp32, ` +
        `${kept.join(', ')}`,
    );
  }

  /** The layers by what int8 costs each of them on the goldens, the worst first. */
  async #measureLayers(goldens: readonly Golden[]): Promise<readonly LayerError[]> {
    const { model, inputs } = await this.#readSource('the error of each layer');
    const feeds = await this.#feedsOf(goldens, inputs);
    const probes = insertProbes(model, this.#options.quantise);
    const runs = await this.#progress.stage('measure layers', (report) =>
      runGraph(model, feeds, report, this.#staging.root),
    );
    return layerErrors(probes, runs);
  }

  /** The goldens as the inputs of a graph. */
  async #feedsOf(goldens: readonly Golden[], inputs: ModelSource['inputs']): Promise<readonly Feed[]> {
    const results = await this.#serving('fp32', (predictor) =>
      predictor.infer(goldens.map(requestOfGolden), { truncate: true }),
    );
    return results.map(({ encoding: { ids, typeIds } }) => {
      const values = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: typeIds };
      return Object.fromEntries(inputs.map(({ name, role }) => [name, values[role]]));
    });
  }

  async #compare(variant: StagedVariant, goldens: readonly Golden[]): Promise<VariantDeviation> {
    const deviation = await this.#progress.stage(`compare ${variant}`, (report) =>
      this.#serving(variant, (predictor) => verifyGoldens(predictor, goldens, undefined, report)),
    );
    this.#deviations.set(variant, deviation);
    return deviation;
  }

  #makeGoldens(facts: SourceFacts): Promise<readonly Golden[]> {
    const { texts } = this.#options;
    return this.#progress.stage('goldens', async (report) => {
      const requests =
        texts === undefined
          ? builtInRequests({ task: facts.task, ...facts.tokenizer })
          : await requestsOfFile(texts);
      return this.#serving('fp32', (predictor) => makeGoldens(predictor, requests, report));
    });
  }

  /** The tolerance of each variant that is kept. */
  async #measure(goldens: readonly Golden[]): Promise<Record<string, number>> {
    const tolerance: Record<string, number> = {};
    for (const variant of this.#options.variants) {
      const deviation = this.#deviations.get(variant) ?? (await this.#compare(variant, goldens));
      tolerance[variant] = toleranceOf(deviation, goldens);
    }
    return tolerance;
  }

  async #tune(): Promise<void> {
    if (this.#options.tokenBudget !== undefined) return;
    for (const name of this.#options.variants) {
      const variant = this.#variants.get(name);
      if (variant === undefined || variant.tier === 'gpu') continue;
      const { tokenBudget, msPerToken } = await this.#progress.stage(`tune ${name}`, (report) =>
        this.#serving(name, (predictor) => tuneTokenBudget(predictor, report)),
      );
      this.#variants.set(name, { ...variant, tokenBudget, inferMsPerToken: msPerToken });
    }
  }

  async #evaluate(served: VariantName): Promise<readonly Quality[]> {
    const quality: Quality[] = [];
    for (const evaluation of this.#options.evaluations) {
      const entries = await this.#progress.stage(`evaluate ${evaluation.dataset}`, (report) =>
        this.#serving('fp32', (fp32) =>
          this.#serving(served, (predictor) => evaluate(fp32, predictor, evaluation, report)),
        ),
      );
      quality.push(...entries);
    }
    return quality;
  }

  async #dropVariantsNotWanted(): Promise<void> {
    const wanted: readonly StagedVariant[] = this.#options.variants;
    for (const variant of [...this.#variants.keys()]) {
      if (wanted.includes(variant)) continue;
      await rm(this.#path(variant), { recursive: true });
      this.#variants.delete(variant);
    }
  }

  /** Runs `work` on a variant of the staged package, as it would be served. */
  async #serving<Result>(
    variant: StagedVariant,
    work: (predictor: Predictor) => Promise<Result>,
  ): Promise<Result> {
    const { name, version } = this.#options;
    const engine = new Engine({ packages: this.#staging.root, variant });
    try {
      return await work(await engine.predictor({ name, version }));
    } finally {
      await engine.dispose();
    }
  }

  /** A package that the engine serves while it is being made. */
  async #writeDraft(facts: PackageFacts): Promise<void> {
    await this.#writePackage(facts, 'fp32', { tolerance: {}, goldens: [] }, []);
  }

  #writePackage(
    facts: PackageFacts,
    served: VariantName,
    goldens: Goldens,
    quality: readonly Quality[],
  ): Promise<OnnxManifest> {
    const variants = Object.fromEntries(this.#variants);
    const { folder } = this.#staging;
    return writePackage(folder, this.#options, facts, { served, variants, goldens, quality });
  }

  #path(file: string): string {
    return join(this.#staging.folder, file);
  }
}

/** What `Variant` says of the graph and of weights that are not as the scheme says. */
interface VariantGraph extends Pick<ModelSource, 'inputs' | 'outputs'> {
  readonly keep: readonly string[];
}

/** Values of all outputs together that a token gives, if they are many. */
function valuesPerToken(outputs: ModelSource['outputs'], { tokenizer }: SourceFacts): number {
  return outputs.some(({ axes }) => axes.includes('vocabulary')) ? tokenizer.vocabSize : 1;
}

function schemeOf(variant: VariantName, reduceRange: boolean): Variant['scheme'] {
  if (variant === 'fp32' || variant === 'fp16') return variant;
  return reduceRange ? 'int8-dynamic-per-channel-7bit' : 'int8-dynamic-per-channel';
}
