/** A package while it is being made: a store of its own, which the serving engine reads from. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine, type Predictor } from '@pilotlight/engine';
import { describeScheme, type OnnxManifest, type Quality, type Variant } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';
import type { Settings } from '../options.ts';
import type { Goldens } from '../package-files/goldens-file.ts';
import type { Progress } from '../progress.ts';
import type { VariantName } from '../schemes/index.ts';
import type { ModelSource } from '../sources/index.ts';
import { externalise, GRAPH_FILE } from '../stages/externalise.ts';
import { holdProducts } from '../stages/hold-products.ts';
import { RUNTIME_VERSION } from '../stages/optimise.ts';
import type { Staging } from './staging.ts';
import { type PackageFacts, writePackage } from './write-package.ts';

/** A variant, or its twin: the model that runs on the CPU in place of a variant that the CPU would not run as its own execution provider does. A twin is never packaged. */
export type StagedVariant = VariantName | `${VariantName}-twin`;

/** The facts of the manifest about a variant, beside its files. */
export interface VariantFacts
  extends Pick<Variant, 'scheme' | 'tokenBudget' | 'tier'>,
    Pick<ModelSource, 'inputs' | 'outputs'> {
  /** Names of weights that are not as the scheme says. */
  readonly keep: readonly string[];
}

/** The facts of the manifest about a variant that are measured once it is built. */
export type Measured = Pick<Variant, 'inferMsPerToken' | 'againstFp32' | 'speedup' | 'sameInAnyBatch'>;

export class StagedPackage {
  readonly #settings: Settings;
  readonly #staging: Staging;
  readonly #progress: Progress;
  readonly #variants = new Map<StagedVariant, Variant>();

  constructor(settings: Settings, staging: Staging, progress: Progress) {
    this.#settings = settings;
    this.#staging = staging;
    this.#progress = progress;
  }

  variant(name: StagedVariant): Variant | undefined {
    return this.#variants.get(name);
  }

  async addVariant(
    name: StagedVariant,
    model: OnnxModel,
    { inputs, outputs, keep, ...facts }: VariantFacts,
  ): Promise<void> {
    if (describeScheme(facts.scheme).packsExactly && keep.length === 0) holdProducts(model);
    const files = await this.#progress.stage(`write ${name}`, async () =>
      externalise(model, this.#path(name)),
    );
    this.#variants.set(name, {
      graphs: { model: { file: `${name}/${GRAPH_FILE}`, inputs, outputs } },
      files: files.map((file) => ({ ...file, path: `${name}/${file.path}` })),
      opset: model.opsetImport.find(({ domain }) => domain === '')?.version ?? 0,
      onnxruntime: RUNTIME_VERSION,
      ...facts,
      ...(keep.length > 0 && { keptFp32: [...keep] }),
    });
  }

  /** Writes down what was measured of a variant. */
  describe(name: StagedVariant, measured: Partial<Measured>): void {
    const variant = this.#variants.get(name);
    if (variant !== undefined) this.#variants.set(name, { ...variant, ...measured });
  }

  /** The model that shows on the CPU what a variant answers: its twin, where it has one. */
  comparable(name: VariantName): StagedVariant {
    const twin = `${name}-twin` as const;
    return this.#variants.has(twin) ? twin : name;
  }

  async keepOnly(wanted: readonly StagedVariant[]): Promise<void> {
    for (const name of [...this.#variants.keys()]) {
      if (wanted.includes(name)) continue;
      await rm(this.#path(name), { recursive: true });
      this.#variants.delete(name);
    }
  }

  /** Writes a package that the engine can serve, out of the variants that exist already. */
  async writeDraft(facts: PackageFacts, served: VariantName): Promise<void> {
    await this.write(facts, served, { tolerance: {}, goldens: [] }, []);
  }

  write(
    facts: PackageFacts,
    served: VariantName,
    goldens: Goldens,
    quality: readonly Quality[],
  ): Promise<OnnxManifest> {
    const variants = Object.fromEntries(this.#variants);
    return writePackage(this.#staging.folder, this.#settings, facts, { served, variants, goldens, quality });
  }

  /** Runs `work` on a variant as it would be served. */
  async serving<Result>(
    variant: StagedVariant,
    work: (predictor: Predictor) => Promise<Result>,
  ): Promise<Result> {
    const { name, version } = this.#settings;
    const engine = new Engine({ packages: this.#staging.root, variant });
    try {
      return await work(await engine.predictor({ name, version }));
    } finally {
      await engine.dispose();
    }
  }

  #path(file: string): string {
    return join(this.#staging.folder, file);
  }
}
