/** A package of a model that generates while it is made: written anew whenever more of it is known, and served out of its staging folder. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedModel } from '@pilotlight/engine';
import { formatGoldenFile } from '@pilotlight/engine/internal/predict/goldens/golden-file';
import type { GenerationGolden } from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import { FORMAT_VERSION, type GenerationManifest, type GenerationVariant } from '@pilotlight/model-format';
import { writeManifest } from '../../package/publish.ts';
import { serveVariant } from '../../package/serve-variant.ts';
import type { Staging } from '../../package/staging.ts';
import { toolchainFacts } from '../../package/toolchain-facts.ts';
import { describeFile } from '../../package-files/describe-file.ts';
import { readLicense } from '../../sources/card.ts';
import { generatorCard } from './generator-card.ts';
import type { GeneratorOptions } from './options.ts';
import type { GeneratorFacts } from './read-generator.ts';

/** A variant, and how far its scores may be off from those of the goldens. */
export interface ProvenVariant {
  readonly variant: GenerationVariant;
  readonly tolerance: number;
}

/** By their names, the one that is served first. */
export type ProvenVariants = Readonly<Record<string, ProvenVariant>>;

const CARD_FILE = 'MODEL_CARD.md';
const FILES = {
  tokenizer: 'tokenizer.json',
  target: 'target-tokenizer.json',
  template: 'chat_template.jinja',
  goldens: 'goldens.jsonl',
} as const;

type Facts = Omit<
  GenerationManifest,
  | 'formatVersion'
  | 'runtime'
  | 'defaultVariant'
  | 'variants'
  | 'quality'
  | 'goldens'
  | 'modelCard'
  | 'toolchain'
>;

export class StagedGenerator {
  readonly staging: Staging;
  readonly #source: GeneratorFacts;
  readonly #facts: Facts;

  private constructor(staging: Staging, source: GeneratorFacts, facts: Facts) {
    this.staging = staging;
    this.#source = source;
    this.#facts = facts;
  }

  /** Writes the files that no variant changes: those of the text. */
  static async open(
    staging: Staging,
    source: GeneratorFacts,
    { name, version, description, id, revision }: GeneratorOptions,
    example: string | undefined,
  ): Promise<StagedGenerator> {
    const { folder } = staging;
    const { text, task, family, decoder, generation } = source;
    const { json, target, chat, notes: _, languages, ...reading } = text;
    const write = async (file: string, content: string) => {
      await writeFile(join(folder, file), content);
      return describeFile(folder, file);
    };
    return new StagedGenerator(staging, source, {
      ...{ name, version, task, family, decoder, generation },
      ...(description !== undefined && { description }),
      ...(example !== undefined && { example }),
      text: {
        tokenizer: await write(FILES.tokenizer, json),
        ...(target !== undefined && { target: await write(FILES.target, target) }),
        ...reading,
        ...(languages && { languages: { ...languages } }),
      },
      ...(chat && {
        chat: { template: await write(FILES.template, chat.template), tokens: { ...chat.tokens } },
      }),
      source: {
        kind: 'huggingface',
        id: id ?? source.id,
        ...(revision !== undefined && { revision }),
        ...readLicense(source.readme),
        files: { ...source.files },
      },
    });
  }

  /** Writes goldens, card and manifest; the files of the variants are there. */
  async write(
    proven: ProvenVariants,
    goldens: readonly GenerationGolden[],
    quality: NonNullable<GenerationManifest['quality']> = [],
  ): Promise<GenerationManifest> {
    const { folder } = this.staging;
    const entries = Object.entries(proven);
    const tolerance = Object.fromEntries(entries.map(([name, each]) => [name, each.tolerance]));
    const variants = Object.fromEntries(entries.map(([name, { variant }]) => [name, variant]));
    await writeFile(join(folder, FILES.goldens), formatGoldenFile({ tolerance, goldens }));
    await writeFile(
      join(folder, CARD_FILE),
      generatorCard(this.#source.readme, { ...this.#facts, variants, quality }),
    );
    const manifest: GenerationManifest = {
      ...{ formatVersion: FORMAT_VERSION, runtime: 'generation', ...this.#facts, variants },
      ...(quality.length > 0 && { quality }),
      defaultVariant: Object.keys(proven)[0] ?? '',
      goldens: describeFile(folder, FILES.goldens),
      modelCard: describeFile(folder, CARD_FILE),
      toolchain: toolchainFacts(),
    };
    await writeManifest(folder, manifest);
    return manifest;
  }

  /** Serves a variant of what was written last by the engine, as long as `work` takes. */
  serve<Result>(variant: string, work: (model: LoadedModel) => Promise<Result>): Promise<Result> {
    const { name, version } = this.#facts;
    return serveVariant({ packages: this.staging.root, name, version, variant }, work);
  }
}
