import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateJsonnet } from '../../../../model-assets/toolchain/src/allennlp/archive/jsonnet/evaluate.ts';
import { ToolchainError } from '../../../../model-assets/toolchain/src/errors.ts';

describe('a configuration in Jsonnet', () => {
  it('that is JSON is what JSON makes of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(2), (value, space) => {
        expect(evaluateJsonnet(JSON.stringify(value, null, space))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('gives the fields of objects in the order of their names', () => {
    const value = evaluateJsonnet('{tokens: [{b: 1, a: 2}], pos: {Z: 1, a: 2, "\u{1f600}": 3, "\uffee": 4}}');
    expect(JSON.stringify(value)).toBe(
      '{"pos":{"Z":1,"a":2,"\uffee":4,"\u{1f600}":3},"tokens":[{"a":2,"b":1}]}',
    );
  });

  it.each([
    ['comments of all three kinds', '// a\n# b\n{/* c */ "a": 1 // d\n}', { a: 1 }],
    ['commas at the end', '{"a": [1, 2,], }', { a: [1, 2] }],
    ['keys without quotation marks, and single ones', "{a: 'it\\'s', 'b': 2}", { a: "it's", b: 2 }],
    ['text as it stands', '{a: @"c:\\d""e"}', { a: 'c:\\d"e' }],
    ['local names', 'local a = 1, b = a + 1; {"c": b}', { c: 2 }],
    ['local names in objects', '{local a = 3, "b": a * 2}', { b: 6 }],
    ['members', 'local a = {b: [7, {c: 8}]}; [a.b[0], a["b"][1].c]', [7, 8]],
    ['objects that are added', '{a: 1, b: 2} + {b: 3}', { a: 1, b: 3 }],
    ['objects behind a name', 'local a = {b: 1}; a {c: 2}', { b: 1, c: 2 }],
    ['lists and texts that are added', '[1] + [2 + 3, "a" + 4]', [1, 5, 'a4']],
    ['arithmetic by its precedence', '1 + 2 * 3 - 4 / 2 % 3', 5],
    ['signs', '[-1, - 2e-05, +3, !true]', [-1, -2e-5, 3, false]],
    ['conditions', 'local a = true; [if a then 1 else 2, if !a then 1, a && false || true]', [1, null, true]],
    ['comparisons', '[1 < 2, 2 <= 1, {a: 1, b: 2} == {b: 2, a: 1}, "a" != "a"]', [true, false, true, false]],
    ['computed keys', 'local k = "a"; {[k + "b"]: 1}', { ab: 1 }],
    ['a byte order mark', '\ufeff{}', {}],
    [
      'a key that objects have of their own',
      '{"__proto__": 1, "constructor": 2}',
      JSON.parse('{"__proto__": 1, "constructor": 2}'),
    ],
  ])('may have %s', (_, source, value) => {
    expect(evaluateJsonnet(source)).toEqual(value);
  });

  it.each([
    [
      '{\n"a": std.extVar("DATA")\n}',
      /line 2: std.extVar\('DATA'\) takes a variable of the environment of the training/,
    ],
    ['{a: std.length("x")}', /std.length of Jsonnet is not supported/],
    ['import "x.jsonnet"', /'import' of Jsonnet is not supported/],
    ['local f(x) = x; f(1)', /functions are not supported/],
    ['{a: 1, b: self.a}', /'self' of Jsonnet is not supported/],
    ['{a: 1, b: $.a}', /'\$' of Jsonnet is not supported/],
    ['{a:: 1}', /'::' of Jsonnet is not supported/],
    ['[x for x in []]', /there is no variable 'x'/],
    ['{"a": 1, "a": 2}', /'a' is there twice/],
    ['{"a": NaN}', /there is no variable 'NaN'/],
    ['1 / 0', /cannot be applied/],
    ['{"a": 1', /'}' is expected|',' is expected, not the end of the file/],
    ['{} {}{', /./],
    ['{"a": \u00a7}', /'§' is not understood/],
    ['', /the end of the file is not expected here/],
    ['['.repeat(100_000), /nested too deeply/],
    ['-'.repeat(100_000), /nested too deeply/],
  ])('is refused with its line: %s', (source, message) => {
    const attempt = () => evaluateJsonnet(source);
    expect(attempt).toThrow(ToolchainError);
    expect(attempt).toThrow(message);
  });

  it('of any text whatsoever is read or refused, and never anything else', () => {
    const words = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      ',',
      ':',
      '+',
      '-',
      '"a"',
      'a',
      '1',
      'local',
      ';',
      '=',
      'if',
      'then',
      '.',
      'std',
      '!',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 15 }), (parts) => {
        try {
          evaluateJsonnet(parts.join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(ToolchainError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
