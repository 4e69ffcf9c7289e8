/** The loads under which servers are compared. */
import type { TextKind } from './protocol.ts';

export interface Cell {
  readonly kind: TextKind;
  readonly clients: number;
  /** Answers that count in a round. */
  readonly requests: number;
}

const KINDS: Readonly<Record<TextKind, string>> = {
  short: 'texts of 16 tokens',
  mixed: 'texts of 8 to 256 tokens',
};

/** One client, and more than one batch of them: where a server waits for its turn, and where it is never idle. */
const REQUESTS: Readonly<Record<TextKind, Readonly<Record<number, number>>>> = {
  short: { 1: 300, 32: 1500, 64: 1500 },
  mixed: { 1: 200, 32: 400, 64: 400 },
};
/** For a model of a few thousand parameters, in tests. */
const FEWER = 20;

export function listCells(tiny: boolean): Cell[] {
  return (['short', 'mixed'] as const).flatMap((kind) =>
    Object.entries(REQUESTS[kind]).map(([clients, requests]) => ({
      kind,
      clients: Number(clients),
      requests: tiny ? Math.ceil(requests / FEWER) : requests,
    })),
  );
}

/** Such as `texts of 16 tokens, 32 clients`. */
export const nameCell = ({ kind, clients }: Cell): string =>
  `${KINDS[kind]}, ${clients} client${clients === 1 ? '' : 's'}`;

export const nameKind = (kind: TextKind): string => KINDS[kind];
