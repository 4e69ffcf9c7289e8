import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenizeEnglish } from '../../../../layers/engine/src/runtimes/allennlp/text/spacy/rule-tokenizer.ts';

/** What spaCy 3.6.1 gives for `en`, tokens joined by a bar. */
const OF_SPACY: readonly (readonly [text: string, tokens: string])[] = [
  ["I can't-do it: can't, 'em (don't!)", "I|can't|-|do|it|:|ca|n't|,|'em|(|do|n't|!|)"],
  ['U.S. e-mail :) a  b', 'U.S.|e|-|mail|:)|a| |b'],
  ['Visit https://x.com/a?b=c or me@x.org...', 'Visit|https://x.com/a?b=c|or|me@x.org|...'],
  ['10km², $5m 3-4 foo.Bar (and/or-x)', '10|km²|,|$|5|m|3|-|4|foo|.|Bar|(|and/or|-|x|)'],
  ['Dr. Smith’s 9am meeting didn’t start.', 'Dr.|Smith|’s|9|am|meeting|did|n’t|start|.'],
  ['It costs US$20,000.50 (approx.)!', 'It|costs|US$|20,000.50|(|approx|.|)|!'],
  ["rock'n'roll's 1990s—the 'best' era", "rock'n'roll|'s|1990s|—|the|'|best|'|era"],
  ['@user #tag C++ 50% <b>x</b> :-(:]', '@user|#|tag|C++|50|%|<|b|>|x</b|>|:-(|:|]'],
  ['20Mb 16MB 3GB x.y.z 1.2.3 I.B.M.', '20Mb|16|MB|3|GB|x.y.z|1.2.3|I.B.M.'],
  ['😀😀 🥹🥹 naïve Žižek 我想', '😀|😀|🥹🥹|naïve|Žižek|我想'],
];

describe("spaCy's rules for English", () => {
  it.each(OF_SPACY)('divide %j as spaCy does', (text, tokens) => {
    expect(tokenizeEnglish(text).join('|')).toBe(tokens);
  });

  it('lose nothing of a text but the single spaces between tokens', () => {
    const unit = fc.constantFrom(
      ...' \n\t.,:;()[]\'"-–’/@#$%&*+aBz09éД我😀',
      "n't",
      '...',
      'U.S.',
      ':-)',
      '10km',
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        let rest = text;
        for (const token of tokenizeEnglish(text)) {
          const at = rest.indexOf(token);
          expect(['', ' ']).toContain(rest.slice(0, at));
          rest = rest.slice(at + token.length);
        }
        expect(['', ' ']).toContain(rest);
      }),
    );
  });

  it('take time in proportion to the text, however it repeats itself', () => {
    for (const unit of ['(', ')', '.', 'a-', 'a:@.', "'s", '…….', '😀']) {
      const began = performance.now();
      tokenizeEnglish(unit.repeat(20_000));
      expect(performance.now() - began).toBeLessThan(5_000);
    }
  });
});
