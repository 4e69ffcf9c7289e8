/** A registry of one kind of registrable: tokenizers, indexers. */
import { EngineError } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';
import { namedParams, type Params, parseParams } from './params.ts';
import type { TextArchive } from './text-archive.ts';

/** Where a part is opened: the archive, and its path in the configuration, by which errors name it. */
export interface Place {
  readonly archive: TextArchive;
  readonly path: string;
}

/** One implementation under its registrable name. Its schema has every parameter that is understood. */
export interface Definition<Built> {
  readonly type: string;
  readonly schema: z.ZodMiniType<unknown>;
  /** @throws EngineError PACKAGE_INVALID where the parameters are not those of `schema` */
  open(params: Params, place: Place): Built;
}

export function define<Options, Built>(definition: {
  readonly type: string;
  readonly schema: z.ZodMiniType<Options>;
  open(options: Options, place: Place): Built;
}): Definition<Built> {
  const { type, schema } = definition;
  return {
    type,
    schema,
    open: (params, place) => definition.open(parseParams(schema, params, place.path), place),
  };
}

export interface Registry<Built> {
  /** `tokenizer`, as errors say it. */
  readonly kind: string;
  /** What is meant where the configuration has no `type`. */
  readonly defaultType: string;
  readonly definitions: readonly Definition<Built>[];
}

/** Opens what the configuration has at a place. @throws EngineError PACKAGE_INVALID for a name or a parameter that is not supported */
export function openRegistrable<Built>(registry: Registry<Built>, value: unknown, place: Place): Built {
  const { type, params } = namedParams(value, registry.defaultType, place.path);
  const definition = registry.definitions.find((candidate) => candidate.type === type);
  if (definition) return definition.open(params, place);
  throw new EngineError(
    'PACKAGE_INVALID',
    `The ${registry.kind} ${type} of ${place.path} is not supported.`,
    {
      details: { field: place.path, type },
    },
  );
}
