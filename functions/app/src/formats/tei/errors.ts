/** Errors as the clients of text-embeddings-inference read them. */
import type { ErrorFormat } from '../../http/errors.ts';
import { inWords, type Words } from '../error-words.ts';
import { type ErrorTypes, formatByType } from '../inference-errors.ts';

const TYPES: ErrorTypes = {
  named: {
    EMPTY_INPUT: 'Empty',
    TASK_UNSUPPORTED: 'Backend',
    OVERLOADED: 'Overloaded',
    NOT_READY: 'Unhealthy',
  },
  client: 'Validation',
  server: 'Backend',
};

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
  return formatByType(inWords(reply, { ...words, howToCut: HOW_TO_CUT }), TYPES);
};
