/** The files that text becomes tensors by: archive.json, the vocabulary, and the tokenizers of the hub models that config.json names. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ArchiveManifest, PackageFile } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { describeFile } from '../../package-files/describe-file.ts';
import { SourceFolder } from '../../sources/folder.ts';
import { readConfig } from '../../sources/hugging-face.ts';
import { composeTokenizer } from '../../sources/tokenizer/compose.ts';
import { readSettings } from '../../sources/tokenizer/settings.ts';
import type { Archive } from '../archive/open-archive.ts';

export type TextFiles = Pick<ArchiveManifest, 'config' | 'vocabulary' | 'hub'>;

/** What a package is made with beside the archive. */
export interface TextSettings {
  readonly predictor: string;
  /** @default - the rules for English stand in for spaCy */
  readonly tokenization?: 'whitespace' | undefined;
}

const CONFIG = 'archive.json';

/** @throws ToolchainError SOURCE_INVALID where a tokenizer is not there, or a name cannot be that of a file of a package */
export function writeTextFiles(
  folder: string,
  archive: Archive,
  { predictor, tokenization }: TextSettings,
): TextFiles {
  const write = (path: string, content: string): PackageFile => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    return describeFile(folder, path);
  };
  const { model, reader, vocabulary } = archive.config;
  const special = specialTokens(vocabulary);
  const config = { predictor, model, reader, ...(special && { vocabulary: special }), tokenization };
  const hub: Record<string, PackageFile[]> = {};
  for (const [index, name] of hubModels(archive).entries()) {
    hub[name] = Object.entries(hubFiles(archive.hubFolder(name))).map(([file, text]) =>
      write(`hub/${index}/${file}`, text),
    );
  }
  return {
    config: write(CONFIG, `${JSON.stringify(config, null, 2)}\n`),
    vocabulary: [...archive.vocabularyTexts].map(([file, text]) =>
      write(`vocabulary/${checkedName(file)}`, text),
    ),
    hub,
  };
}

function specialTokens({ padding_token: padding, oov_token: oov }: Archive['config']['vocabulary']) {
  const named = {
    ...(typeof padding === 'string' && { padding_token: padding }),
    ...(typeof oov === 'string' && { oov_token: oov }),
  };
  return Object.keys(named).length > 0 ? named : undefined;
}

function checkedName(file: string): string {
  if (/^[\w.-]+$/.test(file)) return file;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `The namespace of vocabulary/${file} has a character that no file of a package may have.`,
  );
}

/** Keys of config.json that hold the name of a hub model. */
const NAMES: readonly string[] = ['model_name', 'transformer_model_name', 'bert_model_name'];

/** The hub models that the model and its reader name, each once. */
export function hubModels({ config: { model, reader } }: Pick<Archive, 'config'>): readonly string[] {
  const found = new Set<string>();
  const search = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, value] of Object.entries(part)) {
      if (NAMES.includes(key) && typeof value === 'string') found.add(value);
      else search(value);
    }
  };
  search(reader);
  search(model);
  return [...found];
}

/** Files of a hub model that are copied as they are, where it has them. */
const OPTIONAL = ['tokenizer_config.json', 'special_tokens_map.json'] as const;

/** The texts of the files of a hub model that its tokenizer is opened from; tokenizer.json is made of its vocabulary where it has none. */
export function hubFiles(path: string): Record<string, string> {
  const folder = new SourceFolder(path);
  const config = folder.text('config.json') ?? '{}';
  const files: Record<string, string> = { 'config.json': config };
  files['tokenizer.json'] =
    folder.text('tokenizer.json') ??
    composeTokenizer(folder, readSettings(folder, readConfig(folder)), undefined).json;
  for (const name of OPTIONAL) {
    const text = folder.text(name);
    if (text !== undefined) files[name] = text;
  }
  return files;
}
