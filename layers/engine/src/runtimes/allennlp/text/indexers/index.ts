/** The token indexers of AllenNLP by their registrable names. */
import * as z from 'zod/mini';
import { parseParams } from '../params.ts';
import { openRegistrable, type Place, type Registry } from '../registry.ts';
import { characters } from './characters.ts';
import { elmoCharacters } from './elmo-characters.ts';
import type { TokenIndexer } from './indexer.ts';
import { pretrainedTransformerIndexer } from './pretrained-transformer.ts';
import { pretrainedTransformerMismatched } from './pretrained-transformer-mismatched.ts';
import { singleId } from './single-id.ts';

export const indexers: Registry<TokenIndexer> = {
  kind: 'token indexer',
  defaultType: 'single_id',
  definitions: [
    singleId,
    characters,
    elmoCharacters,
    pretrainedTransformerIndexer,
    pretrainedTransformerMismatched,
  ],
};

/** Indexers by their keys, which are those of the embedders too. */
export type TokenIndexers = Readonly<Record<string, TokenIndexer>>;

/** Opens the indexers of a field. @throws EngineError PACKAGE_INVALID for one that is not supported */
export function openIndexers(params: unknown, place: Place): TokenIndexers {
  const given = parseParams(z.nullish(z.record(z.string(), z.unknown())), params, place.path);
  const entries = Object.entries(given ?? { tokens: {} });
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      openRegistrable(indexers, value, { ...place, path: `${place.path}.${key}` }),
    ]),
  );
}
