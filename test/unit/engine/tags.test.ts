import { describe, expect, it } from 'vitest';
import { groupEntities } from '../../../layers/engine/src/tasks/entities.ts';
import { createTagReader } from '../../../layers/engine/src/tasks/tags.ts';

/** What is grouped of a sequence of labels: `PER:0-2` is a PER over the first two. */
function grouped(labels: readonly string[], sequence: string): string {
  const parts = sequence.split(' ').map((label, start) => ({ label, score: 1, start, end: start + 1 }));
  return groupEntities(parts, labels)
    .filter(({ label }) => label !== 'O')
    .map(({ label, start, end }) => `${label}:${start}-${end}`)
    .join(' ');
}

describe('groupEntities', () => {
  const BIO = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
  const BIOES = [...BIO, 'E-PER', 'S-PER', 'E-LOC', 'S-LOC'];
  const BILOU = [...BIO, 'L-PER', 'U-PER', 'L-LOC', 'U-LOC'];
  const BMES = ['O', 'B-PER', 'M-PER', 'E-PER', 'S-PER'];

  it.each([
    ['BIO', BIO, 'B-PER I-PER B-PER O I-LOC I-LOC I-PER', 'PER:0-2 PER:2-3 LOC:4-6 PER:6-7'],
    ['IOB1', BIO, 'I-PER I-PER B-PER I-PER', 'PER:0-2 PER:2-4'],
    ['BIOES', BIOES, 'B-PER I-PER E-PER S-PER S-PER B-LOC E-LOC', 'PER:0-3 PER:3-4 PER:4-5 LOC:5-7'],
    [
      'BIOES that is not well formed',
      BIOES,
      'I-PER E-PER I-PER O E-LOC I-LOC',
      'PER:0-2 PER:2-3 LOC:4-5 LOC:5-6',
    ],
    ['BILOU', BILOU, 'U-PER B-PER L-PER B-LOC I-LOC L-LOC U-LOC', 'PER:0-1 PER:1-3 LOC:3-6 LOC:6-7'],
    ['BMES', BMES, 'B-PER M-PER M-PER E-PER S-PER', 'PER:0-4 PER:4-5'],
    ['a scheme whose ends are of another kind', [...BIO, 'E-ORG'], 'B-PER E-ORG E-ORG', 'PER:0-1 E-ORG:1-3'],
    ['bare labels', ['O', 'PER', 'LOC'], 'PER PER O PER LOC', 'PER:0-2 PER:3-4 LOC:4-5'],
  ])('reads %s', (_name, labels, sequence, expected) => {
    expect(grouped(labels, sequence)).toBe(expected);
  });
});

describe('createTagReader', () => {
  it('leaves a bare label alone that begins like a prefix', () => {
    const labels = ['O', 'E-mail', 'S-Bahn', 'B-PER', 'I-PER'];
    expect(labels.map(createTagReader(labels)).map(({ tag }) => tag)).toEqual([
      'O',
      'E-mail',
      'S-Bahn',
      'PER',
      'PER',
    ]);
  });

  it('keeps hyphens of the kind, where transformers takes what is behind the first one', () => {
    const labels = ['O', 'B-geo-pol', 'I-geo-pol', 'well-being'];
    expect(labels.map(createTagReader(labels)).map(({ tag }) => tag)).toEqual([
      'O',
      'geo-pol',
      'geo-pol',
      'well-being',
    ]);
  });
});
