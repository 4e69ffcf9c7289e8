/** Combinations of two values such as 'x,y,x*y', by which AllenNLP names what it puts side by side. */
import { z } from 'zod';
import type { Scope } from '../module.ts';
import { concat, op } from './ops.ts';

type Operand = 'x' | 'y';
type Operation = '*' | '/' | '+' | '-';

/** One value, or two values and what is done with them element by element. */
export type Piece =
  | { readonly first: Operand }
  | { readonly first: Operand; readonly operation: Operation; readonly second: Operand };

const PIECE = /^([xy12])(?:([*/+-])([xy12]))?$/;

/** Reads 'x,y,x*y'; '1' and '2' are other names of x and y. */
export const combination = z.string().transform((text, context): Piece[] => {
  const pieces = text.split(',').flatMap((part) => readPiece(part) ?? []);
  if (pieces.length === text.split(',').length) return pieces;
  context.addIssue({ code: 'custom', message: `'${text}' is no combination of x and y` });
  return z.NEVER;
});

function readPiece(part: string): Piece | undefined {
  const match = PIECE.exec(part);
  if (match === null) return undefined;
  const [, first = '', operation, second] = match;
  if (operation === undefined || second === undefined) return { first: operand(first) };
  return { first: operand(first), operation: operation as Operation, second: operand(second) };
}

function operand(name: string): Operand {
  return name === 'x' || name === '1' ? 'x' : 'y';
}

export const OPERATORS: Readonly<Record<Operation, string>> = {
  '*': 'Mul',
  '/': 'Div',
  '+': 'Add',
  '-': 'Sub',
};

/** The width of a piece where x and y have these widths. */
export function pieceWidth(piece: Piece, widths: Readonly<Record<Operand, number>>): number {
  return widths[piece.first];
}

/** Puts the pieces side by side: `x` and `y` are `[..., dim]`. */
export function combine(scope: Scope, pieces: readonly Piece[], x: string, y: string): string {
  const value = (name: Operand) => (name === 'x' ? x : y);
  const parts = pieces.map((piece) =>
    'operation' in piece
      ? op(scope, OPERATORS[piece.operation], [value(piece.first), value(piece.second)])
      : value(piece.first),
  );
  return concat(scope, parts, -1);
}
