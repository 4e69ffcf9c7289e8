/** What the predictor of semantic roles does around a model: it finds the verbs, and describes their frames. */
import type { TextArchive } from '../text/text-archive.ts';
import { type Token, wordsOf } from '../text/token.ts';
import { readSentenceInput } from './predictor-input.ts';
import { openTaggedTokenizer } from './words-with-tags.ts';

const VERBS = ['VERB', 'AUX'];

export interface VerbTokenizer {
  /**
   * Gives the words and the places of the verbs, each of which is an instance. AllenNLP's predictor takes English words that are
   * VERB or AUX.
   *
   * @throws EngineError INVALID_INPUT for words without parts of speech
   */
  tokenize(input: unknown, field: string): Promise<{ tokens: readonly Token[]; verbs: readonly number[] }>;
  /** The words of an input that has passed, where there is no verb among them: they came with their parts of speech. */
  words(input: unknown): string[];
}

export function openVerbTokenizer(archive: TextArchive): VerbTokenizer {
  const tokenizer = openTaggedTokenizer(archive, 'pos');
  return {
    async tokenize(input, field) {
      const { tokens } = await tokenizer.tokenize(input, field);
      const verbs = tokens.flatMap(({ pos = '' }, place) => (VERBS.includes(pos) ? [place] : []));
      return { tokens, verbs };
    },
    words: (input) => wordsOf(readSentenceInput(input, '').tokens ?? []),
  };
}

/** A verb with its tags, and the words with the arguments in brackets: `[ARG0: Anna] [V: sees] a dog`. */
export function frameOf(words: readonly string[], verb: string, tags: readonly string[]) {
  return { verb, description: describeFrame(words, tags), tags };
}

function describeFrame(words: readonly string[], tags: readonly string[]): string {
  const frame: string[] = [];
  let chunk: string[] = [];
  const close = () => {
    if (chunk.length > 0) frame.push(`[${chunk.join(' ')}]`);
    chunk = [];
  };
  for (const [place, tag] of tags.entries()) {
    const word = words[place] ?? '';
    if (tag.startsWith('I-')) {
      chunk.push(word);
      continue;
    }
    close();
    if (tag.startsWith('B-')) chunk.push(`${tag.slice(2)}: ${word}`);
    else if (tag === 'O') frame.push(word);
  }
  close();
  return frame.join(' ');
}
