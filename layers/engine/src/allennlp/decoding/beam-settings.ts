/** The parameters of a `beam_search` in a configuration, and what follows from them. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { Params } from '../text/text-archive.ts';
import type { BeamSettings } from './beam-search.ts';

const optional = <Value extends z.ZodMiniType>(value: Value) => z.nullish(value);
const count = z.int().check(z.positive());
const named = <Name extends string>(name: Name) =>
  z.union([z.literal(name), z.strictObject({ type: z.literal(name) })]);

/** Samplers but `deterministic` draw random numbers, so that no answer could be compared: they do not fit. */
export const BEAM_SEARCH = z.strictObject({
  type: optional(z.literal('beam_search')),
  beam_size: optional(count),
  max_steps: optional(count),
  per_node_beam_size: optional(count),
  min_steps: optional(z.int().check(z.nonnegative())),
  sampler: optional(named('deterministic')),
  final_sequence_scorer: optional(
    z.union([
      named('sequence-log-prob'),
      z.literal('length-normalized-sequence-log-prob'),
      z.strictObject({
        type: z.literal('length-normalized-sequence-log-prob'),
        length_penalty: optional(z.number()),
      }),
    ]),
  ),
  constraints: optional(
    z.array(z.strictObject({ type: z.literal('repeated-ngram-blocking'), ngram_size: count })),
  ),
});

/** Parameters of a model that old archives have beside its `beam_search`, or in place of it; they win. */
export const OLD_BEAM_SEARCH = {
  beam_size: optional(count),
  max_decoding_steps: optional(count),
};

/** Where a model has no `beam_search` in its configuration. @default - those of AllenNLP: 10 beams, 50 steps */
export interface BeamDefaults {
  readonly beamSize: number;
  readonly maxSteps: number;
}

/**
 * Reads how a model searches: `beam_search` among its parameters, and the older names.
 *
 * @throws EngineError PACKAGE_INVALID where something is not supported, or contradicts itself
 */
export function beamSettings(
  params: Params,
  endIndex: number,
  defaults: BeamDefaults = { beamSize: 10, maxSteps: 50 },
): BeamSettings {
  const { beam_search, beam_size, max_decoding_steps } = params;
  const read = z.safeParse(BEAM_SEARCH, beam_search ?? {});
  const old = z.safeParse(z.object(OLD_BEAM_SEARCH), { beam_size, max_decoding_steps });
  if (!read.success || !old.success) {
    throw new EngineError('PACKAGE_INVALID', 'The beam_search of the archive is not supported.', {
      cause: read.error ?? old.error,
    });
  }
  // A beam_search in the configuration has the defaults of the class, whatever the model would have without one.
  const { beamSize, maxSteps } = beam_search ? { beamSize: 10, maxSteps: 50 } : defaults;
  const search = read.data;
  const beams = old.data.beam_size ?? search.beam_size ?? beamSize;
  const settings: BeamSettings = {
    endIndex,
    beamSize: beams,
    maxSteps: old.data.max_decoding_steps ?? search.max_steps ?? maxSteps,
    perNodeBeamSize: search.per_node_beam_size ?? beams,
    minSteps: search.min_steps ?? 0,
    lengthPenalty: readPenalty(search.final_sequence_scorer),
    unrepeated: (search.constraints ?? []).map(({ ngram_size }) => ngram_size),
  };
  if (settings.minSteps > settings.maxSteps) {
    throw new EngineError('PACKAGE_INVALID', 'min_steps of the beam_search is greater than max_steps.');
  }
  return settings;
}

function readPenalty(scorer: z.infer<typeof BEAM_SEARCH>['final_sequence_scorer']): number | undefined {
  if (scorer === 'length-normalized-sequence-log-prob') return 1;
  if (typeof scorer === 'object' && scorer?.type === 'length-normalized-sequence-log-prob') {
    return scorer.length_penalty ?? 1;
  }
  return undefined;
}
