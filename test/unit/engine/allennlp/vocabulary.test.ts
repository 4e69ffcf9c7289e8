import { describe, expect, it } from 'vitest';
import { openVocabulary } from '../../../../layers/engine/src/runtimes/allennlp/text/vocabulary.ts';

const OOV = '@@UNKNOWN@@';

describe('the vocabulary of an archive', () => {
  it('has padding at 0 and the lines of the file from 1 in a padded namespace', () => {
    const vocabulary = openVocabulary({ 'tokens.txt': `${OOV}\nthe\n` });
    expect(vocabulary.size('tokens')).toBe(3);
    expect(vocabulary.id('the', 'tokens')).toBe(2);
    expect(vocabulary.id('unseen', 'tokens')).toBe(1);
    expect(vocabulary.token(0, 'tokens')).toBe('@@PADDING@@');
    expect(vocabulary.knows('unseen', 'tokens')).toBe(false);
  });

  it('counts from 0 in a namespace that matches a pattern, where an unknown token is refused', () => {
    const vocabulary = openVocabulary({
      'labels.txt': 'pos\nneg',
      'bert.txt': '[PAD]\n[CLS]\n',
      'non_padded_namespaces.txt': '*labels\nbert\n',
    });
    expect(vocabulary.id('pos', 'labels')).toBe(0);
    expect(vocabulary.size('bert')).toBe(2);
    expect(() => vocabulary.id('mixed', 'labels')).toThrow('"mixed" is not among the labels of the model');
  });

  it('reads empty lines, line ends of Windows and written newlines as AllenNLP does', () => {
    const vocabulary = openVocabulary({ 'tokens.txt': `${OOV}\r\n\r\n@@NEWLINE@@\r\na\u2028b\r\n` });
    expect(vocabulary.id('', 'tokens')).toBe(2);
    expect(vocabulary.id('\n', 'tokens')).toBe(3);
    expect(vocabulary.id('a\u2028b', 'tokens')).toBe(4);
    expect(vocabulary.size('tokens')).toBe(5);
  });

  it('skips hidden files, and has two entries in a padded namespace without a file', () => {
    const vocabulary = openVocabulary({ '.lock': '' });
    expect(vocabulary.has('')).toBe(false);
    expect(vocabulary.size('tokens')).toBe(2);
    expect(vocabulary.id('x', 'tokens')).toBe(1);
    expect(vocabulary.size('any_tags')).toBe(0);
  });

  it('refuses a padded namespace without the out-of-vocabulary entry, and takes the one that the configuration names', () => {
    expect(() => openVocabulary({ 'tokens.txt': 'the\n' })).toThrow('no out-of-vocabulary entry');
    const vocabulary = openVocabulary({ 'tokens.txt': 'the\n<unk>\n' }, { oovToken: '<unk>' });
    expect(vocabulary.id('unseen', 'tokens')).toBe(2);
  });

  it('puts the tokens of a hub model over those of a namespace', () => {
    const vocabulary = openVocabulary({ 'tokens.txt': `${OOV}\nthe\n` });
    const ids = new Map([
      ['[PAD]', 0],
      ['the', 7],
    ]);
    vocabulary.addHub(
      {
        size: () => ids.size,
        id: (token) => ids.get(token),
        token: (id) => [...ids].find(([, other]) => other === id)?.[0],
      },
      'tokens',
    );
    expect(vocabulary.token(0, 'tokens')).toBe('[PAD]');
    expect(vocabulary.token(7, 'tokens')).toBe('the');
    expect(vocabulary.id('the', 'tokens')).toBe(7);
    expect(vocabulary.id('unseen', 'tokens')).toBe(1);
    expect(vocabulary.size('tokens')).toBe(4);
  });
});
