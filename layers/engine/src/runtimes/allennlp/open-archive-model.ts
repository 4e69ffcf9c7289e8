/** Opens the text side of a package: its configuration, its vocabulary and tokenizers, and the model that reads by them. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ArchiveManifest } from '@pilotlight/model-format';
import { formatModelRef, ownValue, parseJsonBy } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { ModelPackage } from '../../ports.ts';
import type { ArchiveModel, AroundArchive } from './archive-model.ts';
import { withinFilters } from './limits/character-filters.ts';
import { withinPositions } from './limits/learned-positions.ts';
import { quadraticWork } from './limits/quadratic-work.ts';
import { archiveModelTypes, findArchiveModel } from './models/index.ts';
import { type ArchiveConfig, type HubFiles, openTextArchive } from './text/text-archive.ts';

const part = z.record(z.string(), z.unknown());

/** archive.json of a package. */
const configSchema = z.strictObject({
  predictor: z.string(),
  model: part,
  reader: part,
  vocabulary: z.optional(
    z.strictObject({
      padding_token: z.optional(z.nullable(z.string())),
      oov_token: z.optional(z.nullable(z.string())),
    }),
  ),
  tokenization: z.optional(z.literal('whitespace')),
});

/** The model as the archive has it, and as the caller's own code wraps it. */
export interface OpenedArchive {
  readonly own: ArchiveModel;
  readonly served: ArchiveModel;
}

/** @throws EngineError PACKAGE_INVALID where no model of this version reads the package */
export async function openArchiveModel(
  opened: Pick<ModelPackage, 'path'>,
  manifest: Pick<ArchiveManifest, 'name' | 'version' | 'config' | 'vocabulary' | 'hub'>,
  around?: AroundArchive,
): Promise<OpenedArchive> {
  const text = (file: string): Promise<string> => readFile(opened.path(file), 'utf8');
  const config = readConfig(await text(manifest.config.path), manifest);
  const vocabulary: Record<string, string> = {};
  for (const { path } of manifest.vocabulary) vocabulary[basename(path)] = await text(path);
  const hubs = new Map<string, HubFiles>();
  for (const [name, files] of Object.entries(manifest.hub)) hubs.set(name, await readHub(files, text));
  const archive = openTextArchive({ config, vocabulary, hub: (name) => hubs.get(name) });
  const unlimited = { ...quadraticWork(archive), ...definitionOf(config).open(archive) };
  const own = withinFilters(withinPositions(unlimited, config.model), config.model);
  return { own, served: around ? around(own, archive) : own };
}

async function readHub(
  files: ArchiveManifest['hub'][string],
  text: (file: string) => Promise<string>,
): Promise<HubFiles> {
  const texts: Record<string, string> = {};
  for (const { path } of files) texts[basename(path)] = await text(path);
  return (file) => ownValue(texts, file);
}

function readConfig(
  content: string,
  { name, version, config: { path } }: Pick<ArchiveManifest, 'name' | 'version' | 'config'>,
): ArchiveConfig {
  const refused = (reason: string, cause?: unknown): EngineError =>
    new EngineError(
      'PACKAGE_INVALID',
      `Model ${formatModelRef({ name, version })} is refused: ${path} is not valid: ${reason}.`,
      { details: { model: name, version }, cause },
    );
  const { vocabulary, ...config } = parseJsonBy(configSchema, content, refused);
  const { padding_token = null, oov_token = null } = vocabulary ?? {};
  return { ...config, ...(vocabulary && { vocabulary: { padding_token, oov_token } }) };
}

/** @throws EngineError PACKAGE_INVALID */
export function definitionOf({ model }: Pick<ArchiveConfig, 'model'>) {
  const { type } = model;
  const definition = typeof type === 'string' ? findArchiveModel(type) : undefined;
  if (definition) return definition;
  throw new EngineError(
    'PACKAGE_INVALID',
    `No model of AllenNLP of the type ${JSON.stringify(type)} is known here; there are: ${archiveModelTypes().join(', ')}.`,
  );
}
