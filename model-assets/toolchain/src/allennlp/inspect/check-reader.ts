/** Finds what of the way from text to tensors is not supported: tokenizers and indexers by their registries, and the model that reads. */

import {
  archiveModelTypes,
  findArchiveModel,
} from '@pilotlight/engine/internal/runtimes/allennlp/models/index';
import { indexers } from '@pilotlight/engine/internal/runtimes/allennlp/text/indexers/index';
import { openTextArchive } from '@pilotlight/engine/internal/runtimes/allennlp/text/text-archive';
import { tokenizers } from '@pilotlight/engine/internal/runtimes/allennlp/text/tokenizers/index';
import { EngineError, explainIssue } from '@pilotlight/model-format/errors';
import type { z } from 'zod/mini';
import type { Archive } from '../archive/open-archive.ts';
import { typeOf } from '../archive/sections.ts';
import { hubFiles } from '../package/text-files.ts';
import type { InspectedPart } from './parts.ts';

export interface ReaderFault {
  readonly at: string;
  readonly reason: string;
}

interface Definition {
  readonly type: string;
  readonly schema: z.ZodMiniType<unknown>;
}

const REGISTRIES: Readonly<Record<string, readonly Definition[]>> = {
  tokenizer: tokenizers.definitions,
  'token indexer': indexers.definitions,
};

/** `find` gives the parameters of a part by its path. */
export function checkReaderParts(
  parts: readonly InspectedPart[],
  find: (at: string) => Readonly<Record<string, unknown>>,
): ReaderFault[] {
  return parts.flatMap(({ kind, at, type }) => {
    const definitions = REGISTRIES[kind];
    if (definitions === undefined) return [];
    const definition = definitions.find((each) => each.type === type);
    if (definition === undefined) return [{ at, reason: `the ${kind} '${type}' is not supported` }];
    const { type: _, ...params } = find(at);
    const parsed = definition.schema.safeParse(params);
    return parsed.success
      ? []
      : parsed.error.issues.map((issue) => ({ at, reason: explainFault(type, issue) }));
  });
}

function explainFault(type: string, issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `the parameter ${issue.keys.join(', ')} of '${type}' is not supported`;
  }
  return `${issue.path.join('.') || type}: ${explainIssue(issue)}`;
}

/** What the engine says where it opens the model with its reader; it ends at the first fault. */
export function checkReading(archive: Archive, predictor: string): ReaderFault[] {
  const { model, reader } = archive.config;
  const type = typeOf(model) ?? '';
  const definition = findArchiveModel(type);
  if (definition === undefined) {
    return [
      { at: 'model', reason: `'${type}' is not answered; those are: ${archiveModelTypes().join(', ')}` },
    ];
  }
  try {
    const vocabulary = Object.fromEntries(archive.vocabularyTexts);
    const hub = (name: string) => {
      const files = hubFiles(archive.hubFolder(name));
      return (file: string) => files[file];
    };
    definition.open(openTextArchive({ config: { predictor, model, reader }, vocabulary, hub }));
    return [];
  } catch (error) {
    if (error instanceof EngineError) return [{ at: 'model and reader', reason: error.message }];
    throw error;
  }
}
