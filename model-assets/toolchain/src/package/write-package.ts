/** Writes the files of a package beside its variants: tokenizer, goldens, model card and manifest. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenRequest } from '@pilotlight/engine';
import {
  FORMAT_VERSION,
  type OnnxManifest,
  type Quality,
  type TextProcessing,
  type Variant,
} from '@pilotlight/model-format';
import type { Settings } from '../options.ts';
import { describeFile } from '../package-files/describe-file.ts';
import { formatGoldens, type Goldens } from '../package-files/goldens-file.ts';
import type { VariantName } from '../schemes/index.ts';
import { readLicense } from '../sources/card.ts';
import type { ModelSource } from '../sources/index.ts';
import { modelCard } from '../stages/model-card.ts';
import { splitTokenizer } from '../stages/split-tokenizer.ts';
import { writeManifest } from './publish.ts';
import { toolchainFacts } from './toolchain-facts.ts';
import { tryTokenizer } from './try-tokenizer.ts';

const PACKAGE_FILES = {
  tokenizer: 'tokenizer.json',
  goldens: 'goldens.jsonl',
  card: 'MODEL_CARD.md',
} as const;

/** The facts that a source gives about its model, without the weights. */
export type SourceFacts = Omit<ModelSource, 'model' | 'inputs' | 'outputs'>;

/** The facts of the source, and the tokenizer as the package has it. */
export interface PackageFacts extends SourceFacts {
  readonly textProcessing: TextProcessing;
}

export interface PackageContent {
  readonly served: VariantName;
  readonly variants: Readonly<Record<string, Variant>>;
  readonly goldens: Goldens;
  readonly quality: readonly Quality[];
}

/**
 * Writes the tokenizer of the source into the package, and divides it where that can be done. Throws SOURCE_INVALID where `requests`, if
 * there are any, show that it cannot be used.
 */
export async function writeTokenizer(
  folder: string,
  { tokenizer }: Pick<SourceFacts, 'tokenizer'>,
  requests: readonly TokenRequest[] = [],
): Promise<TextProcessing> {
  const { json, vocabSize, padTokenId, maskToken, maxTokens, truncationSide } = tokenizer;
  const file = join(folder, PACKAGE_FILES.tokenizer);
  await writeFile(file, json);
  if (requests.length > 0) await tryTokenizer(file, requests);
  const whole: TextProcessing = {
    kind: 'tokenizer.json',
    file: describeFile(folder, PACKAGE_FILES.tokenizer),
    vocabSize,
    padTokenId,
    ...(maskToken !== undefined && { maskToken }),
    maxTokens,
    ...(truncationSide !== undefined && { truncationSide }),
  };
  const split = await splitTokenizer(folder, whole);
  return { ...whole, ...(split && { split }) };
}

/** Completes the package in `folder`, which has its variants and its tokenizer already. */
export async function writePackage(
  folder: string,
  { name, version, description, id, revision, baseSource }: Settings,
  facts: PackageFacts,
  { served, variants, goldens, quality }: PackageContent,
): Promise<OnnxManifest> {
  const { textProcessing } = facts;
  const source = {
    kind: facts.kind,
    id: id ?? facts.id,
    ...(revision && { revision }),
    ...readLicense(facts.readme),
    ...(baseSource && { base: baseSource }),
    ...(facts.precision && { precision: facts.precision }),
    files: { ...facts.files },
  };
  const common = { name, version, task: facts.task, labels: [...facts.labels], source, variants };
  await writeFile(join(folder, PACKAGE_FILES.goldens), formatGoldens({ ...goldens, labels: facts.labels }));
  const card = modelCard(facts.readme, {
    ...common,
    quality: [...quality],
    maxTokens: textProcessing.maxTokens,
  });
  await writeFile(join(folder, PACKAGE_FILES.card), card);
  const manifest: OnnxManifest = {
    formatVersion: FORMAT_VERSION,
    runtime: 'onnx',
    ...common,
    ...(description && { description }),
    ...(facts.taskDefaults && { taskDefaults: facts.taskDefaults }),
    textProcessing,
    defaultVariant: served,
    goldens: describeFile(folder, PACKAGE_FILES.goldens),
    modelCard: describeFile(folder, PACKAGE_FILES.card),
    quality: [...quality],
    toolchain: toolchainFacts(),
  };
  await writeManifest(folder, manifest);
  return manifest;
}
