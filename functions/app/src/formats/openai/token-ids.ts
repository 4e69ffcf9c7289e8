import type { EngineError } from '@pilotlight/engine';
import { refuseField } from '../../http/request/parse.ts';

/** See ADR-token-ids.md. */
export function refuseTokenIds(field: string, clients: string): EngineError {
  return refuseField(
    field,
    `must be text: ids of tokens come from the vocabulary of another model. Send texts${clients}, ` +
      'or set PILOTLIGHT_OPENAI_TOKEN_IDS to true if the ids are those of the model',
  );
}
