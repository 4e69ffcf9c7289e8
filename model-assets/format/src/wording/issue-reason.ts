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

/** Zod's own words, which it uses where a schema has none: they are for a programmer, or say nothing. */
const WORDS_OF_ZOD = /^(Invalid|Too (big|small)|Unrecognized)\b/;

/** Says what a value must be, in words that follow the name of its field. The schema's own words go first. */
export function explainIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'is not valid';
  if (!WORDS_OF_ZOD.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nameType(issue)}`;
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
      return explainIssue(issue.issues[0]);
    case 'invalid_union':
      return explainUnion(issue.errors);
    default:
      return 'is not valid';
  }
}

/** Finds where a value is at fault, and says what it must be there. A key that is not known is itself the place. */
export function locateFault(issue: z.core.$ZodIssue | undefined): {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
} {
  const { path = [] } = issue ?? {};
  const [unknown] = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  return unknown === undefined
    ? { path, reason: explainIssue(issue) }
    : { path: [...path, unknown], reason: 'is not known' };
}

/** `count` is a number, or the length of a text or a list. */
function limited(origin: string, count: number | bigint, bound: string): string {
  if (['number', 'int', 'bigint'].includes(origin)) return `must be ${bound} ${count}`;
  if (count === 1 && bound === 'at least') return 'must not be empty';
  const unit = origin === 'string' ? 'character' : 'item';
  return `must have ${bound} ${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Names the types that a value may have where it has none of them. Any other fault in it has too many reasons to tell. */
function explainUnion(members: readonly (readonly z.core.$ZodIssue[])[]): string {
  const types = members.map(([issue]) =>
    issue?.code === 'invalid_type' && issue.path.length === 0 ? nameType(issue) : undefined,
  );
  return types.length === 0 || types.includes(undefined)
    ? 'is not valid'
    : `must be ${[...new Set(types)].join(' or ')}`;
}

function nameType({ expected }: z.core.$ZodIssueInvalidType): string {
  return TYPES[expected] ?? `of type ${expected}`;
}
