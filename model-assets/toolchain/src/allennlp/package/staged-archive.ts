/** A package of an archive while it is made: written anew whenever more of it is known, and served out of its staging folder. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BulkModel } from '@pilotlight/engine';
import { formatGoldenFile } from '@pilotlight/engine/internal/predict/goldens/golden-file';
import type { AnswerGolden } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import {
  type ArchiveManifest,
  type ArchiveVariant,
  type BaseSource,
  FORMAT_VERSION,
} from '@pilotlight/model-format';
import { writeManifest } from '../../package/publish.ts';
import { serveVariant } from '../../package/serve-variant.ts';
import type { Staging } from '../../package/staging.ts';
import { toolchainFacts } from '../../package/toolchain-facts.ts';
import { describeFile } from '../../package-files/describe-file.ts';
import { readLicense } from '../../sources/card.ts';
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
  /** `model.tar.gz`, or the name of the model that is that archive. */
  readonly id: string;
  readonly revision?: string | undefined;
  readonly base?: BaseSource | undefined;
  /** Content of its model card. */
  readonly readme?: string | undefined;
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
    const { id, revision, base, readme, archive } = this.#origin;
    const entries = Object.entries(judged);
    const tolerance = Object.fromEntries(entries.map(([name, each]) => [name, each.tolerance]));
    await writeFile(join(folder, GOLDENS), formatGoldenFile({ tolerance, goldens }));
    const example = goldens[0]?.input;
    const common = {
      ...this.#facts,
      variants: Object.fromEntries(entries.map(([name, { variant }]) => [name, variant])),
      ...(example && { example }),
      ...(parity && { parity: { cases: parity.cases, largestDifference: parity.largestDifference } }),
      source: {
        kind: 'allennlp' as const,
        id,
        ...(revision !== undefined && { revision }),
        ...readLicense(readme),
        ...(base !== undefined && { base }),
        ...(archive.version !== undefined && { version: archive.version }),
        files: archive.sums(),
      },
    };
    await writeFile(join(folder, CARD), archiveCard(common, readme));
    const manifest: ArchiveManifest = {
      ...{ formatVersion: FORMAT_VERSION, runtime: 'allennlp', ...common },
      defaultVariant: Object.keys(judged)[0] ?? '',
      goldens: describeFile(folder, GOLDENS),
      modelCard: describeFile(folder, CARD),
      toolchain: toolchainFacts(),
    };
    await writeManifest(folder, manifest);
    return manifest;
  }

  /** Serves a variant of what was written last by the engine, as long as `work` takes. */
  serve<Result>(variant: string, work: (model: BulkModel) => Promise<Result>): Promise<Result> {
    const { name, version } = this.#facts;
    return serveVariant({ packages: this.#staging.root, name, version, variant }, work);
  }
}

/** The answer of the predictor to one input. */
export async function answerOf(model: Pick<BulkModel, 'predict'>, input: unknown): Promise<unknown> {
  const { results } = await model.predict(input, {}, { task: 'predictor' });
  return results[0];
}
