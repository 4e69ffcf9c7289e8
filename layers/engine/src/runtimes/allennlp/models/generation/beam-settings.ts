/** The parameters of a `beam_search` in a configuration, and what follows from them. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { BeamSettings } from '../../decoding/beam-search.ts';
import { parseParams } from '../../text/params.ts';
import type { Params } from '../../text/text-archive.ts';

const count = z.int().check(z.positive());

/** A registrable of these kinds, by its name alone or in `type`. One that is not supported is refused by its name. */
const oneOf = <Kinds extends readonly [z.ZodMiniType, ...z.ZodMiniType[]]>(kinds: Kinds, reason: string) =>
  z.union(kinds, { error: ({ input }) => `is '${nameOf(input)}': ${reason}` });
const named = <Name extends string>(name: Name) => z.strictObject({ type: z.literal(name) });

const scorerParams = { length_penalty: z.nullish(z.number()) };
const normalised = z.literal('length-normalized-sequence-log-prob');

/** What a beam search may be. The toolchain looks at it before it packages a model. */
export const BEAM_SEARCH = z.strictObject({
  type: z.nullish(z.literal('beam_search')),
  beam_size: z.nullish(count),
  max_steps: z.nullish(count),
  per_node_beam_size: z.nullish(count),
  // In place of the end symbol of the model, which still ends what is answered.
  end_index: z.nullish(z.int().check(z.nonnegative())),
  min_steps: z.nullish(z.int().check(z.nonnegative())),
  sampler: z.nullish(
    oneOf(
      [z.literal('deterministic'), named('deterministic')],
      'only deterministic is supported, as the others draw random numbers',
    ),
  ),
  final_sequence_scorer: z.nullish(
    oneOf(
      [
        z.literal('sequence-log-prob'),
        named('sequence-log-prob'),
        normalised,
        z.strictObject({ type: normalised, ...scorerParams }),
      ],
      'only sequence-log-prob and length-normalized-sequence-log-prob are supported',
    ),
  ),
  constraints: z.nullish(
    z.array(
      z.strictObject({
        type: z.literal('repeated-ngram-blocking', {
          error: ({ input }) => `is '${nameOf(input)}': only repeated-ngram-blocking is supported`,
        }),
        ngram_size: count,
      }),
    ),
  ),
});

/** Parameters of a model that old archives have in place of a `beam_search`; what that says itself wins. */
export const OLD_BEAM_SEARCH = {
  beam_size: z.nullish(count),
  max_decoding_steps: z.nullish(count),
};

const modelParams = z.object({ beam_search: z.nullish(BEAM_SEARCH), ...OLD_BEAM_SEARCH });

/** Where a model has no `beam_search` in its configuration. @default - those of AllenNLP: 10 beams, 50 steps */
export interface BeamDefaults {
  readonly beamSize: number;
  readonly maxSteps: number;
}
const DEFAULTS: BeamDefaults = { beamSize: 10, maxSteps: 50 };

/**
 * Reads how a model searches: `beam_search` among its parameters, and the older names.
 *
 * @throws EngineError PACKAGE_INVALID where something is not supported, or contradicts itself
 */
export function beamSettings(
  params: Params,
  endIndex: number,
  defaults: BeamDefaults = DEFAULTS,
): BeamSettings {
  const given = parseParams(modelParams, params, 'model');
  const search = given.beam_search ?? {};
  // A beam_search in the configuration has the defaults of its class, whatever the model would have without one.
  const { beamSize, maxSteps } = given.beam_search ? DEFAULTS : defaults;
  const beams = search.beam_size ?? given.beam_size ?? beamSize;
  const settings: BeamSettings = {
    endIndex: search.end_index ?? endIndex,
    beamSize: beams,
    maxSteps: search.max_steps ?? given.max_decoding_steps ?? maxSteps,
    perNodeBeamSize: search.per_node_beam_size ?? beams,
    minSteps: search.min_steps ?? 0,
    lengthPenalty: lengthPenalty(search.final_sequence_scorer),
    unrepeated: (search.constraints ?? []).map(({ ngram_size }) => ngram_size),
  };
  if (settings.minSteps > settings.maxSteps) {
    throw new EngineError('PACKAGE_INVALID', 'min_steps of the beam_search is greater than max_steps.');
  }
  return settings;
}

function lengthPenalty(scorer: z.infer<typeof BEAM_SEARCH>['final_sequence_scorer']): number | undefined {
  if (nameOf(scorer) !== normalised.def.values[0]) return undefined;
  return z.safeParse(z.object(scorerParams), scorer).data?.length_penalty ?? 1;
}

const typed = z.object({ type: z.string() });

function nameOf(registrable: unknown): string {
  if (typeof registrable === 'string') return registrable.slice(0, 100);
  return z.safeParse(typed, registrable).data?.type.slice(0, 100) ?? 'of no type';
}
