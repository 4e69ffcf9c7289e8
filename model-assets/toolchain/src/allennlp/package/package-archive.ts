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
import { type ArchiveManifest, type ArchiveVariant, FORMAT_VERSION } from '@pilotlight/model-format';
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
import { judgeInt8 } from './judge-int8.ts';
import { quantiseLstms } from './quantise-lstm.ts';
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
  /** @default - measured */
  readonly tokenBudget?: number;
  /**
   * The first one is served; `int8` is packaged where it is faster than fp32 and decides as it does.
   *
   * @default - fp32, whose numbers are AllenNLP's
   */
  readonly variants?: readonly ('fp32' | 'int8')[];
}

export interface ArchiveResult {
  readonly folder: string;
  readonly manifest: ArchiveManifest;
  readonly proofs: readonly VariantProof[];
  /** @default - there were no references */
  readonly parity?: ParityReport;
  /** What was asked for and not done, and why. */
  readonly notes: readonly string[];
}

const GOLDENS = 'goldens.jsonl';
const CARD = 'MODEL_CARD.md';
const VARIANT = 'fp32';
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

type ArchiveFacts = Pick<ArchiveManifest, 'task' | 'predictor' | 'tasks'> & TextFiles;

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
    const fp32 = await this.#progress.stage('optimise', () =>
      writeVariant(
        graphs,
        { folder, variant: VARIANT, root: this.#staging.root },
        { scheme: 'fp32', tokenBudget: this.#options.tokenBudget ?? LARGEST_BUDGET },
      ),
    );
    const facts = { task, predictor, ...text, tasks: await this.#tasksOf(text) };
    await this.#write(facts, { fp32 }, []);

    const parity = references && (await this.#prove(references));
    const goldens = references ?? (await this.#answer(predictor));
    const budget = this.#options.tokenBudget === undefined ? await this.#tune(goldens) : {};
    const measured = { ...fp32, ...budget };
    const { variants, notes } = await this.#variants(facts, measured, goldens);
    const manifest = await this.#write(facts, variants, goldens, parity);
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyArchivePackage(this.#staging.root, manifest, report),
    );
    const published = await publish(this.#staging, manifest, this.#options.force);
    return { folder: published, manifest, proofs, notes, ...(parity && { parity }) };
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

  /** The variants that were asked for, the served one first, and why one of them is not there. */
  async #variants(
    facts: ArchiveFacts,
    fp32: ArchiveVariant,
    goldens: readonly AnswerGolden[],
  ): Promise<{ variants: Readonly<Record<string, ArchiveVariant>>; notes: readonly string[] }> {
    const { variants: wanted = [VARIANT] } = this.#options;
    if (!wanted.includes('int8')) return { variants: { fp32 }, notes: [] };
    const { int8, note } = await this.#int8(facts, fp32, goldens);
    if (int8 === undefined) {
      rmSync(join(this.#staging.folder, 'int8'), { recursive: true, force: true });
      return { variants: { fp32 }, notes: [`int8 is not packaged: ${note}`] };
    }
    if (!wanted.includes(VARIANT))
      rmSync(join(this.#staging.folder, VARIANT), { recursive: true, force: true });
    return { variants: Object.fromEntries(wanted.map((name) => [name, { fp32, int8 }[name]])), notes: [] };
  }

  async #int8(
    facts: ArchiveFacts,
    fp32: ArchiveVariant,
    goldens: readonly AnswerGolden[],
  ): Promise<{ int8?: ArchiveVariant; note?: string }> {
    const { folder, root } = this.#staging;
    const { tokenBudget } = fp32;
    let lstms = 0;
    const int8 = await this.#progress.stage('quantise', () =>
      writeVariant(
        buildGraphs(this.#archive, this.#archive.config.model),
        { folder, variant: 'int8', root },
        { scheme: 'int8-dynamic-per-channel', tokenBudget },
        (model) => {
          lstms += quantiseLstms(model);
        },
      ),
    );
    if (lstms === 0) return { note: 'the model has no LSTM, which is what would be faster by it' };
    await this.#write(facts, { fp32, int8 }, goldens);
    const { largestDifference, speedup, reason } = await this.#progress.stage('judge int8', () =>
      this.#serving((slow) => this.#serving((fast) => judgeInt8(slow, fast, goldens), 'int8')),
    );
    if (reason !== undefined) return { note: reason };
    return { int8: { ...int8, largestDifference, speedup: Number(speedup.toFixed(2)) } };
  }

  /** The tasks of Hugging Face that the model can do. */
  async #tasksOf(text: TextFiles): Promise<ArchiveManifest['tasks']> {
    const { name, version } = this.#options;
    const { folder } = this.#staging;
    const model = await openArchiveModel({ path: (file) => join(folder, file) }, { name, version, ...text });
    return (model.tasks ?? []).map((shape) => shape.name);
  }

  #tune(goldens: readonly AnswerGolden[]): Promise<BudgetResult> {
    const inputs = goldens.map(({ input }) => input);
    return this.#progress.stage('tune', (report) =>
      this.#serving((model) => measureBudget(model, inputs, report)),
    );
  }

  /** Serves the staged package by the engine. */
  async #serving<Result>(
    work: (model: BulkModel) => Promise<Result>,
    variant: string = VARIANT,
  ): Promise<Result> {
    const { name, version } = this.#options;
    const engine = new Engine({ packages: this.#staging.root, variant });
    try {
      return await work(await engine.bulkModel({ name, version }));
    } finally {
      await engine.dispose();
    }
  }

  /** Writes everything but the variant, and the manifest. */
  async #write(
    facts: ArchiveFacts,
    variants: Readonly<Record<string, ArchiveVariant>>,
    goldens: readonly AnswerGolden[],
    parity?: ParityReport,
  ): Promise<ArchiveManifest> {
    const { folder } = this.#staging;
    const { name, version, description, revision, source } = this.#options;
    const tolerance = Object.fromEntries(
      Object.entries(variants).map(([variant, { largestDifference = 0 }]) => [
        variant,
        Math.max(GOLDEN_TOLERANCE, 2 * largestDifference),
      ]),
    );
    await writeFile(join(folder, GOLDENS), formatAnswerGoldens({ tolerance, goldens }));
    const example = goldens[0]?.input;
    const common = {
      ...{ name, version, ...facts, variants: { ...variants } },
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
      defaultVariant: Object.keys(variants)[0] ?? VARIANT,
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
