import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVocabulary } from '../../../../model-assets/toolchain/src/allennlp/archive/vocabulary.ts';

const read = (files: Readonly<Record<string, string>>) =>
  readVocabulary(
    new Map(Object.entries({ 'non_padded_namespaces.txt': '*labels\n*tags\nexact\n', ...files })),
  );

describe('the vocabulary of an archive', () => {
  it('counts the padding of a padded namespace, which is not in its file', () => {
    const vocabulary = read({ 'tokens.txt': '@@UNKNOWN@@\na\nb', 'labels.txt': 'x\ny\n' });
    expect([vocabulary.size('tokens'), vocabulary.size('labels')]).toEqual([4, 2]);
  });

  it('matches names whole, and their ends behind an asterisk', () => {
    const vocabulary = read({});
    const padded = ['exact', 'not_exact', 'pos_tags', 'tagset'].map((name) => vocabulary.isPadded(name));
    expect(padded).toEqual([false, true, false, true]);
  });

  it('ends lines at \\n or \\r\\n alone, and has a newline for @@NEWLINE@@', () => {
    const vocabulary = read({ 'x_tags.txt': 'a\r\nb\u2028c\rd\n@@NEWLINE@@\n' });
    expect([...(vocabulary.namespaces.get('x_tags') ?? [])]).toEqual(['a', 'b\u2028c\rd', '\n']);
  });

  it('may have an empty line for a token', () => {
    expect([...(read({ 'x_tags.txt': 'a\n\nb\n' }).namespaces.get('x_tags') ?? [])]).toEqual(['a', '', 'b']);
    expect([...(read({ 'x_tags.txt': 'a\n\n' }).namespaces.get('x_tags') ?? [])]).toEqual(['a', '']);
  });

  it('counts a token that is there twice once', () => {
    expect(read({ 'x_tags.txt': 'a\nb\na\n' }).size('x_tags')).toBe(2);
  });

  it('passes over files that begin with a dot', () => {
    expect([...read({ '.lock': '' }).namespaces.keys()]).toEqual([]);
  });

  it('may have entries of other names for padding and unknown tokens', () => {
    const files = new Map([
      ['non_padded_namespaces.txt', ''],
      ['tokens.txt', '<unk>\na\n'],
    ]);
    expect(readVocabulary(files, { padding: '<pad>', oov: '<unk>' }).size('tokens')).toBe(3);
    expect(() => readVocabulary(files)).toThrow(/has no @@UNKNOWN@@/);
  });

  it('is written as it was read, whatever its tokens are', () => {
    const tokens = fc.uniqueArray(
      fc.string({ unit: 'binary' }).filter((token) => !/[\r\n]|@@/.test(token) && token.isWellFormed()),
    );
    fc.assert(
      fc.property(tokens, tokens, (words, tags) => {
        const file = (each: readonly string[]) => each.map((token) => `${token}\n`).join('');
        const texts = new Map([
          ['non_padded_namespaces.txt', '*tags\n'],
          ['tokens.txt', file(['@@UNKNOWN@@', ...words])],
          ['tags.txt', file(tags)],
        ]);
        expect(readVocabulary(texts).texts()).toEqual(texts);
      }),
    );
  });
});
