/** Errors as the clients of text-generation-inference (TGI) read them. */
import type { ErrorFormat } from '../../http/errors.ts';
import { type ErrorTypes, formatByType } from '../inference-errors.ts';

const TYPES: ErrorTypes = {
  named: { OVERLOADED: 'overloaded', NOT_READY: 'healthcheck' },
  client: 'validation',
  server: 'generation',
};

export const formatError: ErrorFormat = (reply) => formatByType(reply, TYPES);
