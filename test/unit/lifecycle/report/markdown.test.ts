import { markdownCell, markdownTable } from '@pilotlight/lifecycle/internal/report/markdown';
import { expect, test } from 'vitest';

test('a text of others in a cell is neither Markdown, nor HTML, nor a call of a person', () => {
  expect(markdownCell('a | b\n`c` *d* <img> & @team, see #7')).toBe(
    'a &#124; b &#96;c&#96; &#42;d&#42; &lt;img&gt; &amp; &#64;&#8203;team, see &#35;&#8203;7',
  );
  expect(markdownCell('[link](x) _it_ ~gone~ ![image](y) \\')).toBe(
    '&#91;link&#93;(x) &#95;it&#95; &#126;gone&#126; &#33;&#91;image&#93;(y) &#92;',
  );
});

test('a text of others in a cell steers neither a terminal nor the direction of writing', () => {
  expect(markdownCell('\u001b[2Jgone \u009b1A \u202etxt.exe')).toBe(
    '&#92;u001b&#91;2Jgone &#92;u009b1A &#92;u202etxt.exe',
  );
});

test('what means nothing within a word stays as it is', () => {
  expect(markdownCell('sentiment@1.0.1 play_music')).toBe('sentiment@1.0.1 play_music');
});

test('a long text is cut between characters', () => {
  expect(markdownCell('😀'.repeat(5), 3)).toBe('😀😀😀…');
  expect(markdownCell('😀'.repeat(3), 3)).toBe('😀😀😀');
});

test('numbers are set right', () => {
  expect(markdownTable(['label', { title: 'F1', number: true }], [['a', '0.5']])).toBe(
    '| label | F1 |\n| --- | ---: |\n| a | 0.5 |',
  );
});
