/** A package of an archive while it is made: written anew whenever more of it is known, and served out of its staging folder. */
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BulkModel, Engine } from '@pilotlight/engine';
import {
  type AnswerGolden,
  formatAnswerGoldens,
} from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { type ArchiveManifest, type ArchiveVariant, FORMAT_VERSION } from '@pilotlight/model-format';
import { writeManifest } from '../../package/publish.ts';
import type { Staging } from '../../package/staging.ts';
import { describeFile } from '../../package-files/describe-file.ts';
import { pilotlightVersion } from '../../package-files/versions.ts';
import { RUNTIME_VERSION } from '../../stages/optimise.ts';
import type { Archive } from '../archive/open-archive.ts';
import { archiveCard } from './archive-card.ts';
import type { ParityReport } from './references.ts';
import type { TextFiles } from './text-files.ts';

export type ArchiveFacts = Pick<
  ArchiveManifest,
  'name' | 'version' | 'description' | 'task' | 'predictor' | 'tasks'
> &
  TextFiles;

/** Where the package comes from. */
export interface ArchiveOrigin {
  /** `model.tar.gz` */
  readonly path: string;
  readonly revision?: string | undefined;
  readonly archive: Pick<Archive, 'version' | 'sums'>;
}

/** A variant, and how far its numbers may be off from those of the goldens. */
export interface JudgedVariant {
  readonly variant: ArchiveVariant;
  readonly tolerance: number;
}

/** By their names, the one that is served first. */
export type JudgedVariants = Readonly<Record<string, JudgedVariant>>;

const GOLDENS = 'goldens.jsonl';
const CARD = 'MODEL_CARD.md';

export class StagedArchive {
  readonly #staging: Staging;
  readonly #facts: ArchiveFacts;
  readonly #origin: ArchiveOrigin;

  constructor(staging: Staging, facts: ArchiveFacts, origin: ArchiveOrigin) {
    this.#staging = staging;
    this.#facts = facts;
    this.#origin = origin;
  }

  get staging(): Staging {
    return this.#staging;
  }

  /** Writes goldens, card and manifest; the files of the variants are there. */
  async write(
    judged: JudgedVariants,
    goldens: readonly AnswerGolden[],
    parity?: ParityReport,
  ): Promise<ArchiveManifest> {
    const { folder } = this.#staging;
    const { path, revision, archive } = this.#origin;
    const entries = Object.entries(judged);
    const tolerance = Object.fromEntries(entries.map(([name, each]) => [name, each.tolerance]));
    await writeFile(join(folder, GOLDENS), formatAnswerGoldens({ tolerance, goldens }));
    const example = goldens[0]?.input;
    const common = {
      ...this.#facts,
      variants: Object.fromEntries(entries.map(([name, { variant }]) => [name, variant])),
      ...(example && { example }),
      ...(parity && { parity: { cases: parity.cases, largestDifference: parity.largestDifference } }),
      source: {
        kind: 'allennlp' as const,
        id: basename(path),
        ...(revision !== undefined && { revision }),
        ...(archive.version !== undefined && { version: archive.version }),
        files: archive.sums(),
      },
    };
    await writeFile(join(folder, CARD), archiveCard(common));
    const manifest: ArchiveManifest = {
      ...{ formatVersion: FORMAT_VERSION, runtime: 'allennlp', ...common },
      defaultVariant: Object.keys(judged)[0] ?? '',
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

  /** Serves a variant of what was written last by the engine, as long as `work` takes. */
  async serve<Result>(variant: string, work: (model: BulkModel) => Promise<Result>): Promise<Result> {
    const { name, version } = this.#facts;
    const engine = new Engine({ packages: this.#staging.root, variant });
    try {
      return await work(await engine.bulkModel({ name, version }));
    } finally {
      await engine.dispose();
    }
  }
}

/** The answer of the predictor to one input. */
export async function answerOf(model: Pick<BulkModel, 'predict'>, input: unknown): Promise<unknown> {
  const { results } = await model.predict(input, {}, { task: 'predictor' });
  return results[0];
}
