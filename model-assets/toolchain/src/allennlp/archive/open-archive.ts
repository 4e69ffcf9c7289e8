/** An AllenNLP archive, read for whoever builds graphs or packages of it. */
import { basename } from 'node:path';
import { digestFile } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import type { TorchFile } from '../../torch/torch-file.ts';
import type { ArchiveParts, ArchiveTensor, Params } from '../modules/module.ts';
import { findHubFolder, findInnerArchive, readBaseFile, readHubConfig } from './base-models.ts';
import { type ArchiveSections, typeOf } from './sections.ts';
import { type UnpackedArchive, unpack } from './unpacked-archive.ts';
import type { ArchiveVocabulary, VocabularyTexts } from './vocabulary.ts';

export interface ArchiveOptions {
  /** The folder of the hub model that the archive names, or the archive that a `from_archive` names, or a folder that has both. */
  readonly base?: string | undefined;
}

export interface Archive extends ArchiveParts {
  readonly path: string;
  readonly config: ArchiveSections;
  readonly vocabulary: ArchiveVocabulary;
  /** The files of the vocabulary as they go into a package, by their names. */
  readonly vocabularyTexts: VocabularyTexts;
  /** The version of AllenNLP that made it, where it says so. */
  readonly version: string | undefined;
  /** The folder of a hub model that the archive names. @throws ToolchainError SOURCE_INVALID where `base` does not give it */
  hubFolder(modelName: string): string;
  /** sha256 of the archives that were read, by their file names. */
  sums(): Record<string, string>;
  /** Removes what was unpacked. No tensor can be read after that. */
  close(): void;
}

/** Archives in archives, before they are taken for a circle. */
const MAX_INNER = 5;

/**
 * Opens `model.tar.gz`. Its files are unpacked into a folder that `close` removes; tensors are read one by one.
 *
 * @throws ToolchainError SOURCE_NOT_FOUND, SOURCE_INVALID for a file that is no archive or is damaged, WEIGHTS_INVALID for weights that
 * hold anything but tensors, SOURCE_UNSUPPORTED for an ensemble
 */
export async function openArchive(path: string, options: ArchiveOptions = {}): Promise<Archive> {
  return openNested(path, options, MAX_INNER);
}

async function openNested(path: string, options: ArchiveOptions, left: number): Promise<Archive> {
  return openUnpacked(path, await unpack(path), options, left);
}

/** Takes what was unpacked for a model; it is closed where that fails. @throws ToolchainError as `openArchive` does */
export async function openUnpacked(
  path: string,
  unpacked: UnpackedArchive,
  options: ArchiveOptions,
  left: number = MAX_INNER,
): Promise<Archive> {
  try {
    refuseEnsemble(unpacked.sections);
    const { weights, vocabulary } = unpacked;
    if (weights === undefined) throw missing('weights.th');
    if (vocabulary === undefined) throw missing('vocabulary');
    const opened = new OpenArchive(path, unpacked, { weights, vocabulary, options });
    if (typeOf(unpacked.sections.model) !== 'from_archive') return opened;
    return await fromArchive(opened, options, left);
  } catch (error) {
    unpacked.close();
    throw error;
  }
}

/**
 * Takes the parts of the model from the archive that it names, and its vocabulary with the tokens of this one behind; the weights are those of
 * this one (`Model.from_archive`).
 */
async function fromArchive(outer: OpenArchive, options: ArchiveOptions, left: number): Promise<Archive> {
  const { archive_file: file } = outer.config.model;
  if (typeof file !== 'string' || left === 0) {
    throw new ToolchainError('SOURCE_INVALID', 'config.json: model.archive_file names no archive.');
  }
  const inner = await openNested(findInnerArchive(options.base, file), options, left - 1);
  const vocabulary = inner.vocabulary.extendedBy(outer.vocabulary);
  inner.close();
  return outer.with(inner, vocabulary);
}

interface Contents {
  readonly weights: TorchFile;
  readonly vocabulary: ArchiveVocabulary;
  readonly options: ArchiveOptions;
  /** The archive that a `from_archive` names. */
  readonly inner?: { readonly path: string; readonly model: Params };
}

class OpenArchive implements Archive {
  readonly path: string;
  readonly config: ArchiveSections;
  readonly vocabulary: ArchiveVocabulary;
  readonly vocabularyTexts: VocabularyTexts;
  readonly version: string | undefined;
  readonly #unpacked: UnpackedArchive;
  readonly #contents: Contents;

  constructor(path: string, unpacked: UnpackedArchive, contents: Contents) {
    const { vocabulary, inner } = contents;
    this.path = path;
    this.config = { ...unpacked.sections, ...(inner && { model: inner.model }) };
    this.vocabulary = vocabulary;
    this.vocabularyTexts = inner === undefined ? unpacked.vocabularyTexts : vocabulary.texts();
    this.version = unpacked.version;
    this.#unpacked = unpacked;
    this.#contents = contents;
  }

  with(inner: Archive, vocabulary: ArchiveVocabulary): Archive {
    const { path, config } = inner;
    return new OpenArchive(this.path, this.#unpacked, {
      ...this.#contents,
      vocabulary,
      inner: { path, model: config.model },
    });
  }

  get reader(): Params {
    return this.config.reader;
  }

  tensorNames(): Iterable<string> {
    return this.#contents.weights.entries.keys();
  }

  tensorDims(name: string): readonly number[] | undefined {
    return this.#contents.weights.entries.get(name)?.shape;
  }

  tensor(name: string): ArchiveTensor {
    const data = this.#contents.weights.read(name);
    return { dims: this.tensorDims(name) ?? [], data };
  }

  vocabularySize(namespace: string): number {
    return this.vocabulary.size(namespace);
  }

  vocabularyIndex(namespace: string, token: string): number | undefined {
    return this.vocabulary.index(namespace, token);
  }

  hubConfig(modelName: string): Params {
    return readHubConfig(this.#contents.options.base, modelName);
  }

  baseFile(path: string): string | undefined {
    return readBaseFile(this.#contents.options.base, path);
  }

  hubFolder(modelName: string): string {
    return findHubFolder(this.#contents.options.base, modelName);
  }

  sums(): Record<string, string> {
    const { inner } = this.#contents;
    return {
      [basename(this.path)]: digestFile(this.path).sha256,
      ...(inner && { [`base/${basename(inner.path)}`]: digestFile(inner.path).sha256 }),
    };
  }

  close(): void {
    this.#unpacked.close();
  }
}

/** @throws ToolchainError SOURCE_UNSUPPORTED */
function refuseEnsemble({ model }: ArchiveSections): void {
  const type = typeOf(model);
  if (type === undefined || !(type.endsWith('ensemble') || 'submodels' in model)) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The model is the ensemble '${type}': ensembles are not supported. Add one of its submodels.`,
  );
}

function missing(part: string): ToolchainError {
  return new ToolchainError('SOURCE_INVALID', `The archive has no ${part}.`);
}
