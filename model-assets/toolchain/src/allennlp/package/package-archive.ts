/**
 * Makes a package out of an AllenNLP archive: read -> build the graphs -> prove parity with what AllenNLP answered, or let the fp32 graphs
 * answer -> choose the size of batches -> try int8 -> verify -> publish. This file composes the stages; each of them stands alone.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EngineError } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import type { AnswerGolden } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { openArchiveModel } from '@pilotlight/engine/internal/runtimes/allennlp/open-archive-model';
import type { ArchiveManifest, BaseSource } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { publish } from '../../package/publish.ts';
import { type Staging, withStaging } from '../../package/staging.ts';
import { type Progress, silent } from '../../progress.ts';
import type { VariantProof } from '../../stages/verify.ts';
import { type Archive, openArchive } from '../archive/open-archive.ts';
import { typeOf } from '../archive/sections.ts';
import { checkTokenKeys } from '../inspect/token-keys.ts';
import { buildGraphs, unsupportedParts } from '../models/index.ts';
import { choosePredictor } from './default-predictors.ts';
import { climbLadder, measureVariant } from './int8-ladder.ts';
import { ARCHIVE_BUDGET } from './measure-speed.ts';
import { compareReferences, type ParityReport, readReferences, requireParity } from './references.ts';
import { sampleInputs } from './sample-inputs.ts';
import { answerOf, type JudgedVariant, type JudgedVariants, StagedArchive } from './staged-archive.ts';
import { writeTextFiles } from './text-files.ts';
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
  /** The model of the hub that `base` is, for the record. @default - a folder of the user's */
  readonly baseSource?: BaseSource;
  /** Name of the source, for the record. @default - that of its folder or file */
  readonly id?: string;
  readonly revision?: string;
  /** File of the model card. @default - the archive has none */
  readonly card?: string;
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
    const { model, reader } = this.#archive.config;
    const task = typeOf(model) ?? '';
    const predictor = choosePredictor(task, typeOf(reader) ?? '', this.#options.predictor);
    refuseUnsupported([
      ...unsupportedParts(model),
      ...checkTokenKeys(model, reader).map(({ at, reason }) => `${at}: ${reason}.`),
    ]);
    const { reference, tokenBudget } = this.#options;
    const references = reference === undefined ? undefined : await readReferences(reference);
    const fp32 = await this.#buildFp32();
    const staged = await this.#stage(task, predictor);
    await staged.write({ fp32 }, []);

    const parity = references && (await this.#prove(staged, references));
    const goldens = references ?? (await this.#answer(staged, predictor));
    const inputs = goldens.map(({ input }) => input);
    const measured =
      tokenBudget === undefined
        ? { inferMsPerToken: await measureVariant(staged, 'fp32', inputs, this.#progress) }
        : {};
    const timed = { ...fp32, variant: { ...fp32.variant, ...measured } };
    const manifest = await staged.write(await this.#addInt8(staged, timed, goldens), goldens, parity);
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyArchivePackage(this.#staging.root, manifest, report),
    );
    const folder = await publish(this.#staging, manifest, this.#options.force);
    return { folder, manifest, proofs, ...(parity && { parity }) };
  }

  async #buildFp32(): Promise<JudgedVariant> {
    const graphs = await this.#progress.stage('build graphs', async () => this.#graphs());
    const variant = await this.#progress.stage('optimise', () =>
      writeVariant(
        graphs,
        { ...this.#staging, variant: 'fp32' },
        { scheme: 'fp32', tokenBudget: this.#options.tokenBudget ?? ARCHIVE_BUDGET },
      ),
    );
    return { variant, tolerance: GOLDEN_TOLERANCE };
  }

  #graphs() {
    return buildGraphs(this.#archive, this.#archive.config.model);
  }

  /** Writes the text side, and asks it which tasks of Hugging Face the model can do. */
  async #stage(task: string, predictor: string): Promise<StagedArchive> {
    const { name, version, description, tokenization, source, id, revision, card, baseSource } =
      this.#options;
    const { folder } = this.#staging;
    const text = writeTextFiles(folder, this.#archive, { predictor, tokenization });
    const { own: model } = await openArchiveModel(
      { path: (file) => join(folder, file) },
      { name, version, ...text },
    );
    const tasks = (model.tasks ?? []).map((shape) => shape.name);
    return new StagedArchive(
      this.#staging,
      { name, version, ...(description !== undefined && { description }), task, predictor, tasks, ...text },
      {
        id: id ?? basename(source),
        revision,
        base: baseSource,
        readme: card === undefined ? undefined : readFileSync(card, 'utf8'),
        archive: this.#archive,
      },
    );
  }

  /** @throws ToolchainError VERIFY_FAILED where the graphs do not answer as AllenNLP did */
  async #prove(staged: StagedArchive, references: readonly AnswerGolden[]): Promise<ParityReport> {
    const parity = await this.#progress.stage('compare with AllenNLP', (report) =>
      staged.serve('fp32', (model) =>
        compareReferences(references, (input) => answerOf(model, input), report),
      ),
    );
    requireParity(parity);
    return parity;
  }

  /** The answers of the fp32 graphs to built-in inputs, of those that the model takes. */
  async #answer(staged: StagedArchive, predictor: string): Promise<readonly AnswerGolden[]> {
    const inputs = sampleInputs(predictor, this.#archive.config.model);
    const goldens = await this.#progress.stage('goldens', () =>
      staged.serve('fp32', async (model) => {
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

  /** The variants in the order that was asked for, of which int8 may be good enough or not. */
  async #addInt8(
    staged: StagedArchive,
    fp32: JudgedVariant,
    goldens: readonly AnswerGolden[],
  ): Promise<JudgedVariants> {
    const { variants = ['int8'], tokenBudget } = this.#options;
    if (!variants.includes('int8')) return { fp32 };
    const int8 = await climbLadder({
      ...{ staged, fp32, goldens, tokenBudget, progress: this.#progress },
      buildGraphs: () => this.#graphs(),
    });
    if (!int8) return { fp32 };
    return variants[0] === 'fp32' ? { fp32, int8 } : { int8, fp32 };
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

/** A built-in input that the model does not take proves nothing; anything else is the model's fault. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof EngineError && ['INVALID_INPUT', 'INPUT_TOO_LONG'].includes(error.code)) return;
  throw error;
}

/** The answer as a client would read it. */
function toJson(answer: unknown): AnswerGolden['output'] {
  return JSON.parse(predictionJson(answer));
}
