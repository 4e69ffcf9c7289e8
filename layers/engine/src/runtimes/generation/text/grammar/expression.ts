/** A language of bytes, and what can be told of it without its derivatives. `Expressions` makes them. */

export type Expression =
  /** No text at all. */
  | (ExpressionFacts & { readonly kind: 'nothing' })
  /** The empty text. */
  | (ExpressionFacts & { readonly kind: 'end' })
  /** One byte of a set, as ranges with both ends included. */
  | (ExpressionFacts & { readonly kind: 'bytes'; readonly ranges: readonly ByteRange[] })
  | (ExpressionFacts & { readonly kind: 'sequence'; readonly first: Expression; readonly rest: Expression })
  | (ExpressionFacts & { readonly kind: 'either'; readonly options: readonly Expression[] })
  | (ExpressionFacts & { readonly kind: 'both'; readonly left: Expression; readonly right: Expression })
  | (ExpressionFacts & {
      readonly kind: 'repeat';
      readonly item: Expression;
      readonly min: number;
      readonly max: number;
    })
  | (ExpressionFacts & { readonly kind: 'named'; readonly name: string });

/** What every expression says of itself. */
export interface ExpressionFacts {
  readonly id: number;
  /** Whether the text may end here. */
  readonly mayEnd: boolean;
}

export type ByteRange = readonly [first: number, last: number];

export interface ByteClasses {
  /** `[256]` */
  readonly classOf: Uint8Array;
  /** One byte of each class. */
  readonly members: readonly number[];
}

/** Divides bytes so that those of a class are in the same sets. */
export function divideBytes(expressions: readonly Expression[]): ByteClasses {
  const isFirst = new Uint8Array(257);
  isFirst[0] = 1;
  for (const expression of expressions) {
    if (expression.kind !== 'bytes') continue;
    for (const [first, last] of expression.ranges) {
      isFirst[first] = 1;
      isFirst[last + 1] = 1;
    }
  }
  const classOf = new Uint8Array(256);
  const members: number[] = [];
  for (let byte = 0; byte < 256; byte++) {
    if (isFirst[byte] === 1) members.push(byte);
    classOf[byte] = members.length - 1;
  }
  return { classOf, members };
}

/** Whether an expression has a text, given the names that have one. */
export function mayFinish(expression: Expression, names: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'nothing':
      return false;
    case 'end':
    case 'bytes':
      return true;
    case 'sequence':
      return mayFinish(expression.first, names) && mayFinish(expression.rest, names);
    case 'either':
      return expression.options.some((option) => mayFinish(option, names));
    case 'both':
      return true;
    case 'repeat':
      return expression.min <= 0 || mayFinish(expression.item, names);
    case 'named':
      return names.has(expression.name);
  }
}

/** The names that a text of an expression can begin with. */
export function firstNames(expression: Expression): string[] {
  switch (expression.kind) {
    case 'sequence':
      return [
        ...firstNames(expression.first),
        ...(expression.first.mayEnd ? firstNames(expression.rest) : []),
      ];
    case 'either':
      return expression.options.flatMap(firstNames);
    case 'repeat':
      return firstNames(expression.item);
    case 'named':
      return [expression.name];
    default:
      return [];
  }
}
