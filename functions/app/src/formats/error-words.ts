/** Puts an error that speaks of `inputs` and `parameters`, as the engine does, into the words of the route that was called. */
import type { ErrorReply } from '../http/errors.ts';

export interface Words {
  /** The name on the route of a field such as `inputs`, `inputs[2].tokens[0]` or `parameters.dimensions`. @default - the same */
  readonly field?: (field: string) => string;
  /**
   * The detail that counts the elements of that field: `index` where it is a list of inputs, `item` where the whole body is one
   * input with a list in it. @default - both are passed on
   */
  readonly counts?: 'index' | 'item';
  /** How a client has a text cut that is too long for the model. @default - it cannot */
  readonly howToCut?: string;
}

/** The subject of a message about a text that is too long. */
const TOO_LONG = /^.*?(?= has \d+ (?:tokens|characters)\b)/s;

export function inWords(reply: ErrorReply, { field: rename, counts, howToCut }: Words): ErrorReply {
  const { error, field, index, item, ...details } = reply.body;
  if (typeof field !== 'string') return reply;
  const own = rename?.(field) ?? field;
  const place = counts === 'item' ? item : index;
  const element = typeof place === 'number' ? `${own}[${place}]` : own;
  const isNamed = error.startsWith(`${field}: `);
  const named = isNamed ? own + error.slice(field.length) : counts ? error.replace(TOO_LONG, element) : error;
  const canBeCut = reply.body.code === 'INPUT_TOO_LONG' && error.includes('model takes');
  return {
    ...reply,
    body: {
      error: canBeCut && howToCut ? `${named} ${howToCut}` : named,
      ...details,
      field: own,
      ...(index !== undefined && counts !== 'item' && { index }),
      ...(item !== undefined && (counts === 'item' ? { index: item } : { item })),
    },
  };
}
