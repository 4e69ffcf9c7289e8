/** Errors as the clients of text-embeddings-inference read them. */
import type { ErrorCode } from '../../http/error-codes.ts';
import type { ErrorFormat, ErrorReply } from '../../http/errors.ts';
import { inWords, type Words } from '../error-words.ts';

/** The names of text-embeddings-inference; whatever it has no name for is a validation error, or one of its backend. */
const ERROR_TYPES: Partial<Record<ErrorCode, string>> = {
  EMPTY_INPUT: 'Empty',
  TASK_UNSUPPORTED: 'Backend',
  OVERLOADED: 'Overloaded',
  NOT_READY: 'Unhealthy',
};

/** TEI's status for what its backend cannot do. */
const BACKEND: readonly ErrorCode[] = ['TASK_UNSUPPORTED', 'SESSION_FAILED'];

const HOW_TO_CUT = 'Or leave "truncate": false out to have it cut.';

const atTop = (field: string): string => field.replace('.tokens', '').replace(/^parameters\./, '');

/** Routes whose body is not a list of inputs. */
const WORDS: readonly (readonly [route: RegExp, words: Words])[] = [
  [
    /Rerank$/,
    {
      field: (field) =>
        field === 'inputs' ? 'texts' : atTop(field.replace(/^inputs\./, '').replace(/\btop_k$/, 'top_n')),
      counts: 'item',
    },
  ],
  [/Similarity$/, { field: (field) => (field === 'inputs' ? 'inputs.sentences' : field), counts: 'item' }],
];
const OF_LISTS: Words = { field: atTop, counts: 'index' };

export const formatError: ErrorFormat = (reply, route = '') => {
  const words = WORDS.find(([pattern]) => pattern.test(route))?.[1] ?? OF_LISTS;
  const { status, headers, body }: ErrorReply = inWords(reply, { ...words, howToCut: HOW_TO_CUT });
  const { error, code, ...details } = body;
  const error_type = ERROR_TYPES[code] ?? (status < 500 ? 'Validation' : 'Backend');
  return {
    status: BACKEND.includes(code) ? 424 : status,
    headers,
    body: { error, error_type, code, ...details },
  };
};
