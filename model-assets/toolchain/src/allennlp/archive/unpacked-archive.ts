/** One archive as it is, in a staging folder: its sections, its vocabulary and its weights, before they are taken for a model. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { TorchFile } from '../../torch/torch-file.ts';
import { type ArchiveSections, readSections } from './sections.ts';
import { makeStagingFolder } from './staging-folder.ts';
import { unpackArchive } from './tar.ts';
import {
  type ArchiveVocabulary,
  readVocabulary,
  type SpecialEntries,
  type VocabularyTexts,
} from './vocabulary.ts';

export interface UnpackedArchive {
  readonly sections: ArchiveSections;
  /** The text of config.json. */
  readonly configText: string;
  /** Undefined where the archive has none: an ensemble. */
  readonly vocabulary: ArchiveVocabulary | undefined;
  readonly vocabularyTexts: VocabularyTexts;
  /** Undefined where the archive has none: an ensemble. */
  readonly weights: TorchFile | undefined;
  /** The version of AllenNLP that made it, where meta.json says it. */
  readonly version: string | undefined;
  /** Files that nothing here reads. */
  readonly ignored: readonly string[];
  /** Closes the weights and removes the staging folder. */
  close(): void;
}

/**
 * Unpacks an archive and reads its parts; nothing in it is executed.
 *
 * @throws ToolchainError SOURCE_NOT_FOUND, SOURCE_INVALID, WEIGHTS_INVALID
 */
export async function unpack(path: string): Promise<UnpackedArchive> {
  refuseNoFile(path);
  const staging = makeStagingFolder();
  try {
    const { kept, ignored } = await unpackArchive(path, staging.path);
    const text = (name: string): string => readText(join(staging.path, name), name);
    if (!kept.has('config.json')) throw noConfig([...kept.keys(), ...ignored.keys()]);
    const configText = text('config.json');
    const sections = readSections(configText);
    const names = [...kept.keys()].filter((name) => name.startsWith('vocabulary/'));
    const vocabularyTexts = new Map(names.map((name) => [basename(name), text(name)]));
    const vocabulary =
      vocabularyTexts.size > 0 ? readVocabulary(vocabularyTexts, entriesOf(sections)) : undefined;
    const weights = kept.has('weights.th') ? new TorchFile(join(staging.path, 'weights.th')) : undefined;
    return {
      sections,
      configText,
      vocabulary,
      vocabularyTexts,
      weights,
      version: kept.has('meta.json') ? readVersion(text('meta.json')) : undefined,
      ignored: [...ignored.keys()],
      close() {
        weights?.close();
        staging.remove();
      },
    };
  } catch (error) {
    staging.remove();
    throw error;
  }
}

function entriesOf({ vocabulary }: ArchiveSections): Partial<SpecialEntries> {
  const { padding_token: padding, oov_token: oov } = vocabulary;
  return { ...(typeof padding === 'string' && { padding }), ...(typeof oov === 'string' && { oov }) };
}

function refuseNoFile(path: string): void {
  if (!existsSync(path)) throw new ToolchainError('SOURCE_NOT_FOUND', `There is no archive '${path}'.`);
  if (statSync(path).isFile()) return;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `'${path}' is a folder, where an archive is expected: model.tar.gz.`,
  );
}

function readText(path: string, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    throw new ToolchainError('SOURCE_INVALID', `${name} of the archive is not text in UTF-8.`, { cause });
  }
}

function noConfig(names: readonly string[]): ToolchainError {
  const inner = names.find((name) => name.endsWith('/config.json'));
  const found =
    inner === undefined
      ? `It has ${names.slice(0, 8).join(', ') || 'no file at all'}`
      : `It has ${inner}: pack the files themselves, not the folder that they are in`;
  return new ToolchainError('SOURCE_INVALID', `The archive has no config.json. ${found}.`);
}

function readVersion(text: string): string | undefined {
  try {
    return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
  } catch {
    return undefined;
  }
}
