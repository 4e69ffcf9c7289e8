/** The wordpieces of a context, each with its place in it. */
import { codePoints, isSpace } from '../../text/python-text.ts';
import type { Token } from '../../text/token.ts';
import type { Tokenizer } from '../../text/tokenizers/tokenizer.ts';

/** Stands before a word that follows white space, and is one token, so that byte-level tokenizers mark the space. */
const PREFIX = 'a ';

/**
 * Splits a context at every white-space character and tokenizes the parts one by one, as AllenNLP's reader does. `idx` counts code
 * points of the whole context.
 */
export async function contextTokens(context: string, tokenizer: Tokenizer): Promise<Token[]> {
  const tokens = await Promise.all(
    partsOf(context).map(async ({ text, start, followsSpace }) => {
      const pieces = await tokenizer.tokenize(followsSpace ? PREFIX + text : text);
      const moved = start - (followsSpace ? PREFIX.length : 0);
      return (followsSpace ? pieces.slice(1) : pieces).map((piece) => ({
        ...piece,
        idx: piece.idx === undefined ? undefined : piece.idx + moved,
      }));
    }),
  );
  return tokens.flat();
}

interface Part {
  readonly text: string;
  /** In code points of the context. */
  readonly start: number;
  readonly followsSpace: boolean;
}

function partsOf(context: string): Part[] {
  const parts: Part[] = [];
  let text = '';
  let start = 0;
  let followsSpace = false;
  const end = () => {
    parts.push({ text, start, followsSpace });
    start += codePoints(text) + 1;
    text = '';
    followsSpace = true;
  };
  for (const character of context) {
    if (isSpace(character)) end();
    else text += character;
  }
  end();
  return parts;
}

/** A span of tokens of a window, both ends inclusive, as the part of the context that it stands for, in code points. */
export function charactersOf(
  tokens: readonly Token[],
  [first, last]: readonly [first: number, last: number],
  context: string,
): readonly [start: number, end: number] {
  let from = first;
  while (from >= 0 && tokens[from]?.idx === undefined) from -= 1;
  let to = last;
  while (to < tokens.length && tokens[to]?.idx === undefined) to += 1;
  const end = tokens[to];
  return [
    tokens[from]?.idx ?? 0,
    // Counted from the text of the token, which is not always what it stands for: AllenNLP's own answers show it.
    end?.idx === undefined ? codePoints(context) : end.idx + codePoints(withoutMark(end.text)),
  ];
}

/** A wordpiece without what marks that it goes on with a word, or begins one. */
function withoutMark(text: string): string {
  if (text.startsWith('##')) return text.slice(2);
  return text.startsWith('Ġ') || text.startsWith('▁') ? text.slice(1) : text;
}
