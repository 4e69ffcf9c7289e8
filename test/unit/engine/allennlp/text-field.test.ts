import { describe, expect, it } from 'vitest';
import { idRows, idTensor } from '../../../../layers/engine/src/runtimes/allennlp/text/indexers/indexer.ts';
import { listField } from '../../../../layers/engine/src/runtimes/allennlp/text/list-field.ts';
import {
  enumerateSpans,
  labelField,
  spanField,
} from '../../../../layers/engine/src/runtimes/allennlp/text/text-field.ts';
import { openVocabulary } from '../../../../layers/engine/src/runtimes/allennlp/text/vocabulary.ts';

describe('fields of an instance', () => {
  it('are labels by their ids, and refuse a label that the model does not have', () => {
    const vocabulary = openVocabulary({ 'pos.txt': '@@UNKNOWN@@\nNOUN\n', 'labels.txt': 'A\n' });
    expect(labelField(['NOUN', 'ADJ'], 'pos', vocabulary).data).toEqual(BigInt64Array.of(2n, 1n));
    expect(() => labelField(['B'], 'labels', vocabulary)).toThrow('"B" is not among the labels');
  });

  it('are spans by their starts, up to a width, and -1 beside more of them', () => {
    expect(enumerateSpans(3, { maxWidth: 2, offset: 10 })).toEqual([
      [10, 10],
      [10, 11],
      [11, 11],
      [11, 12],
      [12, 12],
    ]);
    expect(enumerateSpans(2)).toHaveLength(3);
    expect(spanField([[0, 1]])).toMatchObject({ dims: [1, 2], padding: -1 });
  });

  it('are lists of texts, each padded to the longest with the padding of its indexer', () => {
    const list = listField([
      { 'x.ids': idTensor([5, 6], { padding: 9, least: [1] }), 'x.rows': idRows([[1], [2, 3]], 0) },
      { 'x.ids': idTensor([7], { padding: 9, least: [1] }), 'x.rows': idRows([[4]], 0) },
    ]);
    expect(list['x.ids']).toMatchObject({ dims: [2, 2], padding: 9, least: [0, 1] });
    expect([...(list['x.ids']?.data ?? [])].map(Number)).toEqual([5, 6, 7, 9]);
    expect(list['x.rows']?.dims).toEqual([2, 2, 2]);
  });
});
