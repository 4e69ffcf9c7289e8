import type * as z from 'zod/mini';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What zod says where the schema says nothing: words for a programmer, or none at all. */
const WORDS_OF_ZOD = /^(Invalid|Too (big|small)|Unrecognized)\b/;

/** What a value must be, to follow the name of its field: in the words of the schema where it has some. */
export function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'is not valid';
  if (!WORDS_OF_ZOD.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeOf(issue)}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return limited(issue.origin, issue.minimum, issue.inclusive === false ? 'above' : 'at least');
    case 'too_big':
      return limited(issue.origin, issue.maximum, issue.inclusive === false ? 'below' : 'at most');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `must not have the key ${JSON.stringify(issue.keys[0]?.slice(0, 100))}`;
    case 'invalid_key':
      return reasonOf(issue.issues[0]);
    case 'invalid_union':
      return reasonOfUnion(issue.errors);
    default:
      return 'is not valid';
  }
}

/** Where a value is at fault, and what it must be there: of keys that are not known, the first is the place. */
export function faultOf(issue: z.core.$ZodIssue | undefined): {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
} {
  const { path = [] } = issue ?? {};
  const [unknown] = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  return unknown === undefined
    ? { path, reason: reasonOf(issue) }
    : { path: [...path, unknown], reason: 'is not known' };
}

/** `count` is a number, or the length of a text or a list. */
function limited(origin: string, count: number | bigint, bound: string): string {
  if (['number', 'int', 'bigint'].includes(origin)) return `must be ${bound} ${count}`;
  if (count === 1 && bound === 'at least') return 'must not be empty';
  const unit = origin === 'string' ? 'character' : 'item';
  return `must have ${bound} ${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Where a value is of none of the types that it may have; what else is wrong in it has many reasons. */
function reasonOfUnion(members: readonly (readonly z.core.$ZodIssue[])[]): string {
  const types = members.map(([issue]) =>
    issue?.code === 'invalid_type' && issue.path.length === 0 ? typeOf(issue) : undefined,
  );
  return types.length === 0 || types.includes(undefined)
    ? 'is not valid'
    : `must be ${[...new Set(types)].join(' or ')}`;
}

function typeOf({ expected }: z.core.$ZodIssueInvalidType): string {
  return TYPES[expected] ?? `of type ${expected}`;
}
