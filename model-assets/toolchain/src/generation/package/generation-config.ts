/** What generation_config.json says of a model, or config.json where there is no such file, as `GenerationConfig` of transformers reads them. */
import { readDefaults } from '@pilotlight/engine/internal/runtimes/generation/search/resolve-options';
import type { GenerationFacts } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { parseConfig } from '../../graph/config.ts';
import type { SourceFolder } from '../../sources/folder.ts';

const FILE = 'generation_config.json';

const tokenId = z.int().nonnegative();
const idsSchema = z.looseObject({
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  bos_token_id: tokenId.nullish(),
  /** Some configurations have -1 for none. */
  pad_token_id: z.int().nullish(),
  decoder_start_token_id: tokenId.nullish(),
  task_specific_params: z.record(z.string(), z.record(z.string(), z.unknown())).nullish(),
});
type Ids = z.infer<typeof idsSchema>;

/** Names that the manifest has fields for. */
const FIELDS = ['eos_token_id', 'bos_token_id', 'pad_token_id', 'decoder_start_token_id'];

/** The facts, and what the person who packages the model should know of them. */
export interface GenerationConfig {
  readonly facts: GenerationFacts;
  readonly notes: readonly string[];
}

/**
 * `specific` names an entry of `task_specific_params` in config.json, whose parameters go before the others, as in a pipeline of
 * transformers. `hasEncoder` says that the decoder needs a token to begin from.
 *
 * @throws ToolchainError SOURCE_INVALID where a token is missing or a value is none, SOURCE_UNSUPPORTED for a default that is not served
 */
export function readGenerationConfig(
  folder: SourceFolder,
  config: unknown,
  { specific, hasEncoder }: { readonly specific: string; readonly hasEncoder: boolean },
): GenerationConfig {
  const model = parseConfig(idsSchema, config);
  const own = folder.json(FILE, idsSchema);
  const said: Ids = own ?? model;
  const eos = listed(said.eos_token_id) ?? listed(model.eos_token_id);
  if (eos === undefined || eos.length === 0) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `${own ? FILE : 'config.json'} names no eos_token_id, without which no text would ever end. Write it into generation_config.json.`,
    );
  }
  const start = said.decoder_start_token_id ?? model.decoder_start_token_id ?? said.bos_token_id;
  if (hasEncoder && (start === undefined || start === null)) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      'No file says by decoder_start_token_id which token the decoder begins from. Write it into generation_config.json.',
    );
  }
  const { bos_token_id: bos, pad_token_id: pad } = said;
  const parameters = { ...said, ...model.task_specific_params?.[specific] };
  const facts: GenerationFacts = {
    eos: [...eos],
    ...(typeof bos === 'number' && { bos }),
    ...(typeof pad === 'number' && pad >= 0 && { pad }),
    ...(hasEncoder && typeof start === 'number' && { decoderStart: start }),
    defaults: {},
  };
  const defaults = servedDefaults(parameters, own ? FILE : 'config.json');
  const notes =
    own !== undefined && own.eos_token_id === undefined
      ? [`${FILE} names no eos_token_id: that of config.json ends a text`]
      : [];
  return { facts: { ...facts, defaults }, notes };
}

/** The parameters that a search has, without those that are null: transformers keeps the others without a use. */
function servedDefaults(
  parameters: Readonly<Record<string, unknown>>,
  file: string,
): GenerationFacts['defaults'] {
  const given = Object.entries(parameters).filter(([name]) => !FIELDS.includes(name));
  try {
    const known = readDefaults({ defaults: Object.fromEntries(given) });
    return Object.fromEntries(
      Object.entries(known).filter(([, value]) => value !== null && value !== undefined),
    );
  } catch (cause) {
    if (!PilotlightError.is(cause)) throw cause;
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The defaults in ${file} are not served: ${cause.message} Take it out of the file to package the model without it.`,
      { cause },
    );
  }
}

function listed(ids: number | readonly number[] | null | undefined): readonly number[] | undefined {
  if (ids === undefined || ids === null) return undefined;
  return typeof ids === 'number' ? [ids] : ids;
}
