import { describe, expect, it } from 'vitest';
import { withOffsets } from '../../../layers/engine/src/runtimes/allennlp/text/python-text.ts';
import { tokenizeEnglish } from '../../../layers/engine/src/runtimes/allennlp/text/spacy/rule-tokenizer.ts';
import { hasArchives, listArchives, readReference } from '../../fixtures/allennlp.ts';

interface Words {
  readonly text: string;
  readonly words: readonly { readonly text: string; readonly idx: number }[];
}

/** Every text of an archive that spaCy itself divided, with its words. */
function wordsOf(name: string): Words[] {
  return readReference(name).cases.flatMap(({ input, words }) => {
    const { sentence, document } = input;
    const text = sentence ?? document;
    return typeof text === 'string' && words ? [{ text, words }] : [];
  });
}

describe.skipIf(!hasArchives)("spaCy's rules for English (skipped without ../shared/allennlp)", () => {
  const archives = listArchives().filter((name) => wordsOf(name).length > 0);

  it.each(archives)('divide every text of %s into the words that spaCy gave, at their offsets', (name) => {
    for (const { text, words } of wordsOf(name)) {
      const tokens = withOffsets(text, tokenizeEnglish(text)).map(({ text: word, idx }) => ({
        text: word,
        idx,
      }));
      expect(tokens).toEqual(words.map(({ text: word, idx }) => ({ text: word, idx })));
    }
  });
});
