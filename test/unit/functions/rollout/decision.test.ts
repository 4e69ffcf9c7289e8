import { expect, it } from 'vitest';
import { sameDecision } from '../../../../functions/app/src/serve/rollout/decision.ts';

const label = (name: string, score: number) => ({ label: name, score });

it.each([
  [
    'the best label, whatever the scores and the order of the others',
    [label('good', 0.9), label('fair', 0.06), label('bad', 0.04)],
    [label('good', 0.7), label('bad', 0.2), label('fair', 0.1)],
  ],
  [
    'entities, whatever their scores',
    [{ entity_group: 'city', score: 0.9, word: 'Rome', start: 0, end: 4 }],
    [{ entity_group: 'city', score: 1, word: 'Rome', start: 0, end: 4 }],
  ],
  [
    'the best answer',
    { answer: 'Rome', score: 0.9, start: 0, end: 4 },
    { answer: 'Rome', score: 0.2, start: 0, end: 4 },
  ],
  [
    'the best of several answers',
    [
      { answer: 'Rome', score: 0.9, start: 0, end: 4 },
      { answer: 'a', score: 0.1, start: 1, end: 2 },
    ],
    [
      { answer: 'Rome', score: 0.6, start: 0, end: 4 },
      { answer: 'b', score: 0.3, start: 7, end: 8 },
    ],
  ],
  [
    'the best of labels that came with the call',
    { sequence: 'a', labels: ['x', 'y', 'z'], scores: [0.6, 0.3, 0.1] },
    { sequence: 'a', labels: ['x', 'z', 'y'], scores: [0.5, 0.3, 0.2] },
  ],
  ['vectors that point the same way', [0.6, 0.8], [0.601, 0.799]],
  [
    'generated texts, whatever their scores',
    { sequences: [{ text: 'yes', score: -0.5, tokens: [1] }], promptTokens: 3 },
    { sequences: [{ text: 'yes', score: -0.7, tokens: [2] }], promptTokens: 3 },
  ],
  [
    'JSON of a predictor, whatever its fractions',
    { tags: ['B', 'O'], logits: [0.1, 2.5] },
    { tags: ['B', 'O'], logits: [0.2, 2.4] },
  ],
  ['vectors of other lengths in space that point the same way', [3, 4], [6, 8]],
  ['vectors of nothing but zeros', [0, 0], [0, 0]],
  ['fields in another order', { first: 'a', second: 'b' }, { second: 'b', first: 'a' }],
  ['nothing', { answer: null }, { answer: null }],
  ['names and whole numbers beside each other', [['city', 4]], [['city', 4]]],
])('two results say the same by %s', (_, left, right) => {
  expect(sameDecision(left, right)).toBe(true);
});

it.each([
  [
    'another best label',
    [label('good', 0.51), label('bad', 0.49)],
    [label('bad', 0.51), label('good', 0.49)],
  ],
  ['an entity more', [{ entity_group: 'city', score: 0.9, word: 'Rome', start: 0, end: 4 }], []],
  [
    'an entity that ends elsewhere',
    [{ entity_group: 'city', score: 0.9, word: 'Rome', start: 0, end: 4 }],
    [{ entity_group: 'city', score: 0.9, word: 'Rome', start: 0, end: 5 }],
  ],
  [
    'another first text of a ranking',
    [
      { index: 1, score: 0.9 },
      { index: 0, score: 0.1 },
    ],
    [
      { index: 0, score: 0.9 },
      { index: 1, score: 0.1 },
    ],
  ],
  [
    'the second of two entities',
    [
      { entity_group: 'city', score: 0.9, word: 'Rome', start: 0, end: 4 },
      { entity_group: 'city', score: 0.8, word: 'Bari', start: 9, end: 13 },
    ],
    [
      { entity_group: 'city', score: 0.9, word: 'Rome', start: 0, end: 4 },
      { entity_group: 'city', score: 0.8, word: 'Bern', start: 9, end: 13 },
    ],
  ],
  ['the second of labels that have no scores', { labels: ['x', 'y'] }, { labels: ['x', 'z'] }],
  ['vectors that point elsewhere', [0.6, 0.8], [0.8, 0.6]],
  ['long vectors that point elsewhere', [3, 4], [4, 3]],
  ['a vector of zeros and another', [0, 0], [1, 0]],
  ['a vector where the other has a text', [0.6, 0.8], 'yes'],
  ['a text where the other has a vector', { label: 'yes' }, [0.6, 0.8]],
  ['vectors of another length', [1, 0], [1, 0, 0]],
  ['another text', { sequences: [{ text: 'yes' }] }, { sequences: [{ text: 'no' }] }],
  ['other tags', { tags: ['B', 'O'] }, { tags: ['O', 'O'] }],
])('two results differ by %s', (_, left, right) => {
  expect(sameDecision(left, right)).toBe(false);
});
