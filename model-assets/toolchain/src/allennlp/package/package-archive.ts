/**
 * Makes a package out of an AllenNLP archive: read -> build the graphs -> prove parity with what AllenNLP answered, or let the fp32 graphs
 * answer -> choose the size of batches -> verify -> publish. This file composes the stages; each of them stands alone.
 */
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BulkModel, Engine, EngineError } from '@pilotlight/engine';
import { type AnswerGolden, formatAnswerGoldens } from '@pilotlight/engine/internal/allennlp/answer-goldens';
import { openArchiveModel } from '@pilotlight/engine/internal/allennlp/open-archive-model';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import {
  type ArchiveManifest,
  type ArchiveVariant,
  FORMAT_VERSION,
  sumOfBytes,
} from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { publish, writeManifest } from '../../package/publish.ts';
import { type Staging, withStaging } from '../../package/staging.ts';
import { describeFile } from '../../package-files/describe-file.ts';
import { pilotlightVersion } from '../../package-files/versions.ts';
import { type Progress, silent } from '../../progress.ts';
import { RUNTIME_VERSION } from '../../stages/optimise.ts';
import type { VariantProof } from '../../stages/verify.ts';
import { type Archive, openArchive } from '../archive/open-archive.ts';
import { typeOf } from '../archive/sections.ts';
import { buildGraphs, unsupportedParts } from '../models/index.ts';
import { archiveCard } from './archive-card.ts';
import { choosePredictor } from './default-predictors.ts';
import {
  ARCHIVE_RUNGS,
  FASTER,
  INT8_TOLERANCE,
  judgeAnswers,
  LEAST_BYTES,
  quantiseGraphs,
} from './int8-variant.ts';
import { compareReferences, type ParityReport, readReferences, requireParity } from './references.ts';
import { sampleInputs } from './sample-inputs.ts';
import { type TextFiles, writeTextFiles } from './text-files.ts';
import { type BudgetResult, LARGEST_BUDGET, measureBudget } from './tune-budget.ts';
import { verifyArchivePackage } from './verify-package.ts';
import { writeVariant } from './write-variant.ts';

export interface ArchiveOptions {
  /** `model.tar.gz` */
  readonly source: string;
  readonly packages: string;
  readonly name: string;
  readonly version: string;
  readonly force: boolean;
  readonly description?: string;
  readonly revision?: string;
  /** The folder of the hub model that the archive names, or of several. */
  readonly base?: string;
  /** What stands in for spaCy. @default - rules for English */
  readonly tokenization?: 'whitespace';
  /** @default - the one of AllenNLP for the model */
  readonly predictor?: string;
  /** Lines of inputs and of what AllenNLP answered to them. @default - the fp32 graphs answer built-in inputs */
  readonly reference?: string;
  /**
   * With int8 it is packaged where it answers as fp32 does, and faster; fp32 is always there. The first one that is packaged is
   * served. @default int8
   */
  readonly variants?: readonly ('int8' | 'fp32')[];
  /** @default - measured */
  readonly tokenBudget?: number;
}

export interface ArchiveResult {
  readonly folder: string;
  readonly manifest: ArchiveManifest;
  readonly proofs: readonly VariantProof[];
  /** @default - there were no references */
  readonly parity?: ParityReport;
}

const GOLDENS = 'goldens.jsonl';
const CARD = 'MODEL_CARD.md';
const FP32 = 'fp32';
/** Differences of numbers on another processor. */
const GOLDEN_TOLERANCE = 1e-4;
/** Fewer answers prove too little. */
const LEAST_GOLDENS = 3;

/**
 * Packages an archive. The folder of the package appears complete or not at all.
 *
 * @throws ToolchainError, EngineError; docs/how-to/from-allennlp.md says what is refused and why
 */
export async function packageArchive(
  options: ArchiveOptions,
  progress: Progress = silent,
): Promise<ArchiveResult> {
  return withStaging(options, async (staging) => {
    const { source, base } = options;
    const archive = await progress.stage('read', () =>
      openArchive(source, base === undefined ? {} : { base }),
    );
    try {
      return await new Packaging(options, staging, archive, progress).run();
    } finally {
      archive.close();
    }
  });
}

type PackageFacts = Pick<ArchiveManifest, 'task' | 'predictor' | 'tasks'> & TextFiles;

/** A variant, and how far its numbers may be off from those of the goldens. */
interface JudgedVariant {
  readonly variant: ArchiveVariant;
  readonly tolerance: number;
}

/** One archive on its way. */
class Packaging {
  readonly #options: ArchiveOptions;
  readonly #staging: Staging;
  readonly #archive: Archive;
  readonly #progress: Progress;

  constructor(options: ArchiveOptions, staging: Staging, archive: Archive, progress: Progress) {
    this.#options = options;
    this.#staging = staging;
    this.#archive = archive;
    this.#progress = progress;
  }

  async run(): Promise<ArchiveResult> {
    const { folder } = this.#staging;
    const { model, reader } = this.#archive.config;
    const task = typeOf(model) ?? '';
    const predictor = choosePredictor(task, typeOf(reader) ?? '', this.#options.predictor);
    refuseUnsupported(unsupportedParts(model));
    const { reference } = this.#options;
    const references = reference === undefined ? undefined : await readReferences(reference);
    const graphs = await this.#progress.stage('build graphs', async () => buildGraphs(this.#archive, model));
    const text = writeTextFiles(folder, this.#archive, {
      predictor,
      tokenization: this.#options.tokenization,
    });
    const variant = await this.#progress.stage('optimise', () =>
      writeVariant(
        graphs,
        { folder, variant: FP32, root: this.#staging.root },
        { scheme: 'fp32', tokenBudget: this.#options.tokenBudget ?? LARGEST_BUDGET },
      ),
    );
    const facts = { task, predictor, ...text, tasks: await this.#tasksOf(text) };
    await this.#write(facts, { fp32: { variant, tolerance: GOLDEN_TOLERANCE } }, []);

    const parity = references && (await this.#prove(references));
    const goldens = references ?? (await this.#answer(predictor));
    const budget = this.#options.tokenBudget === undefined ? await this.#tune(goldens) : {};
    const fp32 = { variant: { ...variant, ...budget }, tolerance: GOLDEN_TOLERANCE };
    const { variants = ['int8'] } = this.#options;
    const int8 = variants.includes('int8') ? await this.#quantise(facts, fp32, goldens) : undefined;
    const judged = variants[0] === 'fp32' ? { fp32, ...(int8 && { int8 }) } : { ...(int8 && { int8 }), fp32 };
    const manifest = await this.#write(facts, judged, goldens, parity);
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyArchivePackage(this.#staging.root, manifest, report),
    );
    const published = await publish(this.#staging, manifest, this.#options.force);
    return { folder: published, manifest, proofs, ...(parity && { parity }) };
  }

  /** @throws ToolchainError VERIFY_FAILED where the graphs do not answer as AllenNLP did */
  async #prove(references: readonly AnswerGolden[]): Promise<ParityReport> {
    const parity = await this.#progress.stage('compare with AllenNLP', (report) =>
      this.#serving((model) => compareReferences(references, (input) => answerOf(model, input), report)),
    );
    requireParity(parity);
    return parity;
  }

  /** The answers of the fp32 graphs to built-in inputs, of those that the model takes. */
  async #answer(predictor: string): Promise<readonly AnswerGolden[]> {
    const inputs = sampleInputs(predictor, this.#archive.config.model);
    const goldens = await this.#progress.stage('goldens', () =>
      this.#serving(async (model) => {
        const answered: AnswerGolden[] = [];
        for (const input of inputs) {
          const output = await answerOf(model, input).catch(unlessRefused);
          if (output !== undefined) answered.push({ input, output: toJson(output) });
        }
        return answered;
      }),
    );
    if (goldens.length >= LEAST_GOLDENS) return goldens;
    throw new ToolchainError(
      'VERIFY_FAILED',
      `The model takes ${goldens.length} of ${inputs.length} built-in inputs, which proves too little. Give it inputs of its own: --reference FILE.`,
    );
  }

  /** The tasks of Hugging Face that the model can do. */
  async #tasksOf(text: TextFiles): Promise<ArchiveManifest['tasks']> {
    const { name, version } = this.#options;
    const { folder } = this.#staging;
    const model = await openArchiveModel({ path: (file) => join(folder, file) }, { name, version, ...text });
    return (model.tasks ?? []).map((shape) => shape.name);
  }

  #tune(goldens: readonly AnswerGolden[], variant = FP32): Promise<BudgetResult> {
    const inputs = goldens.map(({ input }) => input);
    return this.#progress.stage(variant === FP32 ? 'tune' : `tune ${variant}`, (report) =>
      this.#serving((model) => measureBudget(model, inputs, report), variant),
    );
  }

  /** The first rung of int8 that answers as fp32 does, and faster; undefined where none does, and for small models. */
  async #quantise(
    facts: PackageFacts,
    fp32: JudgedVariant,
    goldens: readonly AnswerGolden[],
  ): Promise<JudgedVariant | undefined> {
    if (sumOfBytes(fp32.variant.files) < LEAST_BYTES) return undefined;
    const { folder, root } = this.#staging;
    const place = { folder, variant: 'int8', root };
    const { inferMsPerToken: before } = fp32.variant.inferMsPerToken
      ? fp32.variant
      : await this.#tune(goldens);
    for (const rung of ARCHIVE_RUNGS) {
      const { scheme } = rung;
      const graphs = buildGraphs(this.#archive, this.#archive.config.model);
      if (!quantiseGraphs(graphs, rung)) continue;
      const { tokenBudget } = fp32.variant;
      const written = await this.#progress.stage(`optimise ${scheme}`, () =>
        writeVariant(graphs, place, { scheme, tokenBudget: this.#options.tokenBudget ?? LARGEST_BUDGET }),
      );
      const draft = { variant: written, tolerance: INT8_TOLERANCE };
      await this.#write(facts, { int8: draft, fp32 }, goldens);
      const tolerance = await this.#progress.stage('judge int8', () =>
        this.#serving((model) => judgeAnswers(goldens, (input) => answerOf(model, input)), 'int8'),
      );
      if (tolerance !== undefined) {
        const budget = await this.#tune(goldens, 'int8');
        if (budget.inferMsPerToken <= FASTER * (before ?? 0)) {
          const measured = this.#options.tokenBudget === undefined ? budget : { tokenBudget };
          return { variant: { ...written, ...measured }, tolerance };
        }
      }
      rmSync(join(folder, place.variant), { recursive: true, force: true });
    }
    return undefined;
  }

  /** Serves a variant of the staged package by the engine. */
  async #serving<Result>(work: (model: BulkModel) => Promise<Result>, variant = FP32): Promise<Result> {
    const { name, version } = this.#options;
    const engine = new Engine({ packages: this.#staging.root, variant });
    try {
      return await work(await engine.bulkModel({ name, version }));
    } finally {
      await engine.dispose();
    }
  }

  /** Writes everything but the variants, and the manifest. The first variant is the one that is served. */
  async #write(
    facts: PackageFacts,
    judged: Readonly<Record<string, JudgedVariant>>,
    goldens: readonly AnswerGolden[],
    parity?: ParityReport,
  ): Promise<ArchiveManifest> {
    const { folder } = this.#staging;
    const { name, version, description, revision, source } = this.#options;
    const variants = Object.fromEntries(
      Object.entries(judged).map(([variant, each]) => [variant, each.variant]),
    );
    const tolerance = Object.fromEntries(
      Object.entries(judged).map(([variant, each]) => [variant, each.tolerance]),
    );
    await writeFile(join(folder, GOLDENS), formatAnswerGoldens({ tolerance, goldens }));
    const example = goldens[0]?.input;
    const common = {
      ...{ name, version, ...facts, variants },
      ...(example && { example }),
      ...(parity && { parity: { cases: parity.cases, largestDifference: parity.largestDifference } }),
      source: {
        kind: 'allennlp' as const,
        id: basename(source),
        ...(revision !== undefined && { revision }),
        ...(this.#archive.version !== undefined && { version: this.#archive.version }),
        files: this.#archive.sums(),
      },
    };
    await writeFile(join(folder, CARD), archiveCard(common));
    const manifest: ArchiveManifest = {
      ...{ formatVersion: FORMAT_VERSION, runtime: 'allennlp', ...common },
      ...(description !== undefined && { description }),
      defaultVariant: Object.keys(variants)[0] ?? FP32,
      goldens: describeFile(folder, GOLDENS),
      modelCard: describeFile(folder, CARD),
      toolchain: {
        pilotlight: pilotlightVersion(),
        node: process.versions.node,
        onnxruntime: RUNTIME_VERSION,
      },
    };
    await writeManifest(folder, manifest);
    return manifest;
  }
}

/** @throws ToolchainError SOURCE_UNSUPPORTED with everything that stands in the way, at once */
function refuseUnsupported(parts: readonly string[]): void {
  if (parts.length === 0) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The archive has ${parts.length === 1 ? 'a part' : `${parts.length} parts`} that ${parts.length === 1 ? 'is' : 'are'} not supported:\n  ${parts.join('\n  ')}`,
    { details: { parts } },
  );
}

async function answerOf(model: BulkModel, input: unknown): Promise<unknown> {
  const { results } = await model.predict(input, {}, { task: 'predictor' });
  return results[0];
}

/** A built-in input that the model does not take proves nothing; anything else is the model's fault. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof EngineError && ['INVALID_INPUT', 'INPUT_TOO_LONG'].includes(error.code)) return;
  throw error;
}

/** The answer as a client would read it. */
function toJson(answer: unknown): AnswerGolden['output'] {
  return JSON.parse(predictionJson(answer));
}
