/** A labelled chunk of words, `end` exclusive. */
export interface Chunk {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Chunks of a BIO tag sequence as `conlleval` of the CoNLL-2000 shared task reads it: a chunk starts at `B-x`,
 * and at an `I-x` that follows `O` or another label; it ends before the next start or `O`. Of BIOUL and BIOES,
 * `L-x` and `E-x` end a chunk as its last word, `U-x` and `S-x` are one by themselves.
 */
export function findChunks(tags: readonly string[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let open: { label: string; start: number } | undefined;
  const close = (end: number): void => {
    if (open !== undefined) chunks.push({ ...open, end });
    open = undefined;
  };
  for (const [index, tag] of tags.entries()) {
    const [prefix, label] = splitTag(tag);
    const continues = CONTINUING.has(prefix) && open?.label === label;
    if (!continues) {
      close(index);
      if (prefix !== 'O') open = { label, start: index };
    }
    if (LAST.has(prefix)) close(index + 1);
  }
  close(tags.length);
  return chunks;
}

/** Tags of a word that goes on with the chunk before it, and of one that is the last of its chunk. */
const CONTINUING: ReadonlySet<string> = new Set(['I', 'L', 'E']);
const LAST: ReadonlySet<string> = new Set(['L', 'E', 'U', 'S']);

/**
 * Micro-averaged F1 of chunks over all rows, 0 to 1: a predicted chunk is right where label, start and end all
 * agree. 1 where neither side has a chunk, as no mistake was made.
 */
export function spanF1(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
): number {
  let right = 0;
  let wanted = 0;
  let given = 0;
  for (const [row, tags] of gold.entries()) {
    const goldChunks = new Set(findChunks(tags).map(formatKey));
    const chunks = findChunks(predicted[row] ?? []);
    wanted += goldChunks.size;
    given += chunks.length;
    right += chunks.filter((chunk) => goldChunks.has(formatKey(chunk))).length;
  }
  return wanted + given === 0 ? 1 : (2 * right) / (wanted + given);
}

function splitTag(tag: string): readonly [prefix: string, label: string] {
  if (tag === 'O') return ['O', ''];
  const dash = tag.indexOf('-');
  return dash < 0 ? ['I', tag] : [tag.slice(0, dash), tag.slice(dash + 1)];
}

const formatKey = ({ label, start, end }: Chunk): string => `${start}:${end}:${label}`;
