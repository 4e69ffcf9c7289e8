/** The chunks in which OpenAI's answers are told. */
import type {
  FinishReason,
  GeneratedToken,
  GenerationEvent,
} from '@pilotlight/engine/internal/predict/generation';
import type { AnswerStream } from '../../../serve/wire-format.ts';
import { type AnswerHead, usageOf } from './head.ts';
import { cutStop, finishReason } from './stop-cut.ts';

/** A piece of one text. */
export interface Piece {
  /** Which text of the call it belongs to. */
  readonly index: number;
  readonly text: string;
  /** Of which it is; none in a piece that only ends the text. */
  readonly token?: GeneratedToken;
}

export interface ChunkFormat {
  readonly head: AnswerHead;
  readonly stops: readonly string[];
  readonly includeUsage: boolean;
  /** Choices that stand before the first piece of a text. */
  begin(index: number): readonly object[];
  /** The choice that a piece becomes, but for its `finish_reason`. Nothing where it is not worth a chunk. */
  piece(piece: Piece): object | undefined;
  /** The choice that ends a text, but for its `finish_reason`. */
  end(index: number): object;
}

export const DONE = '[DONE]';

export function chunkStream(format: ChunkFormat): AnswerStream {
  const { head, stops, includeUsage } = format;
  /** Characters of each text that were told. */
  const told = new Map<number, number>();
  const ended = new Set<number>();
  const chunk = (choice: object) => ({
    ...head,
    choices: [choice],
    ...(includeUsage && { usage: null }),
  });
  const begin = (index: number): readonly object[] => {
    if (told.has(index)) return [];
    told.set(index, 0);
    return format.begin(index);
  };
  const end = (index: number, finish: FinishReason): object => {
    ended.add(index);
    return { ...format.end(index), finish_reason: finishReason(finish) };
  };
  const tellPiece = ({ text, ...piece }: Piece, finish: FinishReason | undefined): readonly object[] => {
    const { index } = piece;
    const choices = [...begin(index)];
    told.set(index, (told.get(index) ?? 0) + text.length);
    const choice = format.piece({ ...piece, text: cutStop(text, finish, stops) });
    if (choice) choices.push({ ...choice, finish_reason: null });
    if (finish) choices.push(end(index, finish));
    return choices;
  };
  return {
    field: 'data: ',
    tell: (event: GenerationEvent) => {
      if (event.kind === 'token') {
        const { sequence: index, text, token, finish } = event;
        return tellPiece({ index, text, token }, finish).map(chunk);
      }
      const { sequences } = event.generation;
      // A text that was cut off between two tokens has not ended yet, and may have more of it.
      const rest = [...sequences.entries()].flatMap(([index, { text, finishReason: finish }]) => {
        return ended.has(index) ? [] : tellPiece({ index, text: text.slice(told.get(index) ?? 0) }, finish);
      });
      const usage = { ...head, choices: [], usage: usageOf([event.generation]) };
      return [...rest.map(chunk), ...(includeUsage ? [usage] : []), DONE];
    },
  };
}
