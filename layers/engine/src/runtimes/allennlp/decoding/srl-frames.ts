/** Frames of semantic roles as the predictor answers them: the words of a sentence with the arguments of one verb in brackets. */

/** `[ARG0: Anna] [V: sees] the dog`. A tag `I-x` goes on with the argument before it, whatever that is. */
export function describeFrame(words: readonly string[], tags: readonly string[]): string {
  const frame: string[] = [];
  let chunk: string[] = [];
  const end = () => {
    if (chunk.length > 0) frame.push(`[${chunk.join(' ')}]`);
    chunk = [];
  };
  for (const [index, word] of words.entries()) {
    const tag = tags[index] ?? 'O';
    if (tag.startsWith('I-')) {
      chunk.push(word);
      continue;
    }
    end();
    if (tag.startsWith('B-')) chunk.push(`${tag.slice(2)}: ${word}`);
    else if (tag === 'O') frame.push(word);
  }
  end();
  return frame.join(' ');
}
