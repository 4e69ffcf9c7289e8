/** The greedy step of WordPiece on words that are not cleaned, split or stripped before. */
import { codePoints, WORD } from '../../text/python-text.ts';

const UNKNOWN = '[UNK]';
/** Longer words are unknown. */
const MOST_CHARACTERS = 100;

/** The pieces of a word: the longest that the vocabulary has, again and again; unknown where one has none. */
export function wordPieces(word: string, isKnown: (piece: string) => boolean): string[] {
  return (word.match(WORD) ?? []).flatMap((part) => piecesOf(part, isKnown));
}

function piecesOf(word: string, isKnown: (piece: string) => boolean): string[] {
  if (codePoints(word) > MOST_CHARACTERS) return [UNKNOWN];
  const characters = Array.from(word);
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; ) {
    let end = characters.length;
    const candidate = () => (start > 0 ? '##' : '') + characters.slice(start, end).join('');
    while (end > start && !isKnown(candidate())) end -= 1;
    if (end === start) return [UNKNOWN];
    pieces.push(candidate());
    start = end;
  }
  return pieces;
}
