import {
  checkGrammar,
  createConstraint,
} from '@pilotlight/engine/internal/runtimes/generation/text/grammar/create-constraint';
import { layTable } from '@pilotlight/engine/internal/runtimes/generation/text/token-table';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cases } from '../../../scale.ts';

/** Every byte, and tokens that go over the borders of JSON. */
const PIECES = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...[
    '{"',
    '":',
    '": "',
    '","',
    '", "',
    '"}',
    '"]',
    '},{',
    'true',
    'null',
    '[]',
    '{}',
    ' the',
    'été',
    '日本',
    '\\n',
    '\\u00',
    '12',
    '3.5',
  ].map((text) => Buffer.from(text)),
];
const EOS = PIECES.length;
const table = layTable(
  [...PIECES.map((bytes) => ({ bytes, special: false })), { bytes: Buffer.from('</s>'), special: true }],
  0,
);
/** A model has more rows than tokens. */
const ROWS = EOS + 4;

type Grammar = Parameters<typeof createConstraint>[1];
const json = (schema: unknown): Grammar => ({ kind: 'json_schema', schema });
const regex = (pattern: string): Grammar => ({ kind: 'regex', pattern });

/** The tokens that may follow. */
function allowed(grammar: Grammar, ids: readonly number[], of = table, eos = EOS): number[] {
  const bias = new Float32Array(of.special.length + 3);
  createConstraint(of, grammar, [eos]).restrict(ids, bias);
  return Array.from(bias.keys()).filter((id) => bias[id] === 0);
}

/** What a model writes that takes the tokens `choose` says; it ends where it may once it has many. */
function write(grammar: Grammar, choose: (count: number) => number): string {
  const constraint = createConstraint(table, grammar, [EOS]);
  const ids: number[] = [];
  for (let step = 0; step < 4000; step++) {
    const bias = new Float32Array(ROWS);
    constraint.restrict(ids, bias);
    const may = Array.from(bias.keys()).filter((id) => bias[id] === 0);
    expect(may.length, `after ${JSON.stringify(textOf(ids))}`).toBeGreaterThan(0);
    const closing = may.filter((id) => id === EOS || /^["}\]]/.test(textOf([id])));
    const from = step > 40 && closing.length > 0 ? closing : may;
    const id = from[choose(from.length)] ?? EOS;
    if (id === EOS) break;
    ids.push(id);
  }
  return textOf(ids);
}

const textOf = (ids: readonly number[]): string =>
  new TextDecoder('utf-8', { fatal: false }).decode(
    Buffer.concat(ids.map((id) => PIECES[id] ?? Buffer.alloc(0))),
  );

/** Whether a grammar has a text, byte by byte. */
function accepts(grammar: Grammar, text: string): boolean {
  const constraint = createConstraint(table, grammar, [EOS]);
  const ids: number[] = [];
  for (const byte of [...Buffer.from(text), EOS]) {
    const bias = new Float32Array(ROWS);
    constraint.restrict(ids, bias);
    if (bias[byte] !== 0) return false;
    ids.push(byte);
  }
  return true;
}

/** A source of choices that fast-check can shrink. */
const choices = fc.infiniteStream(fc.nat({ max: 1_000_000 }));
const chooser = (stream: Stream<number>) => (count: number) => (stream.next().value ?? 0) % count;
type Stream<T> = { next(): { value?: T } };

const nested = {
  $defs: {
    node: {
      type: 'object',
      properties: {
        value: { type: 'integer' },
        next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
      },
      required: ['value', 'next'],
      additionalProperties: false,
    },
  },
  $ref: '#/$defs/node',
};
const SCHEMAS: readonly (readonly [name: string, schema: Record<string, unknown>])[] = [
  [
    'members that are demanded, and others',
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'number' }, c: { type: 'boolean' } },
      required: ['b'],
      additionalProperties: false,
    },
  ],
  [
    'lists within lengths',
    { type: 'array', items: { type: 'integer', minimum: -12, maximum: 305 }, minItems: 2, maxItems: 4 },
  ],
  ['texts within lengths', { type: 'string', minLength: 2, maxLength: 5 }],
  ['a pattern within a text', { type: 'string', pattern: '[a-c]+[0-9]{2}$', maxLength: 9 }],
  ['a pattern of marks that JSON escapes', { type: 'string', pattern: '^["\\\\\\n]{1,4}$' }],
  ['values of an enumeration', { enum: ['one', 'two "2"', 3, null, true] }],
  ['a recursive list', nested],
  ['several types', { type: ['integer', 'null', 'boolean'] }],
  ['numbers within fractions', { type: 'number', minimum: -0.25, maximum: 1.75 }],
  ['numbers above zero', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 3 }],
  ['whole numbers below zero', { type: 'integer', minimum: -1050, exclusiveMaximum: -99 }],
  ['dates', { type: 'string', format: 'date' }],
  ['addresses of mail', { type: 'string', format: 'email' }],
  [
    'a tuple',
    {
      type: 'array',
      prefixItems: [{ type: 'string', maxLength: 3 }, { type: 'boolean' }],
      items: false,
      minItems: 1,
    },
  ],
  [
    'one of two objects',
    {
      oneOf: [
        {
          type: 'object',
          properties: { kind: { const: 'a' }, x: { type: 'integer' } },
          required: ['kind', 'x'],
        },
        { type: 'object', properties: { kind: { const: 'b' } }, required: ['kind'] },
      ],
    },
  ],
  [
    'both of two schemas',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'null' } }, required: ['b'] },
      ],
    },
  ],
  ['a map', { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 2 }],
];

describe('a JSON schema', () => {
  it.each(SCHEMAS)('is that of every text that a model writes, whatever it gives: %s', (_, schema) => {
    const validator = z.fromJSONSchema(schema);
    fc.assert(
      fc.property(choices, (stream) => {
        const text = write(json(schema), chooser(stream));
        expect(validator.safeParse(JSON.parse(text)).error?.issues, text).toBeUndefined();
      }),
      { numRuns: cases({ short: 15, long: 500 }) },
    );
  });

  it.each<[schema: unknown, valid: readonly unknown[], invalid: readonly unknown[]]>([
    [{ type: 'integer', minimum: -12, maximum: 305 }, [-12, 0, 9, 99, 100, 299, 305], [-13, 306, 1000]],
    [{ type: 'integer', exclusiveMinimum: 99, exclusiveMaximum: 1001 }, [100, 1000], [99, 1001]],
    [{ type: 'number', minimum: 0.5, maximum: 2 }, [0.5, 0.9, 1, 1.25, 2], [0.4, 2.1, -1]],
    [{ type: 'number' }, [0, -1.5, 12.25], []],
    [{ type: 'number', minimum: -2, exclusiveMaximum: -0.5 }, [-2, -1.75, -1.5, -0.6], [-2.1, -0.5, 0]],
    [{ type: 'string', minLength: 2, maxLength: 3 }, ['ab', '日本語', '""'], ['a', 'abcd']],
    [{ type: 'string', pattern: '^a.c$' }, ['abc', 'a"c', 'aéc'], ['ac', 'abcd', 'xabc']],
    [{ type: 'array', items: { type: 'boolean' }, maxItems: 1 }, [[], [true]], [[true, false], [1]]],
    [{ type: 'object' }, [{}, { a: [1, { b: 'c' }] }], [[], 'a']],
    [nested, [{ value: 1, next: { value: 2, next: null } }], [{ value: 1 }]],
    [true, [null, [], 'a', 1.5, { a: {} }], []],
    [{ enum: [[1, { a: 'é' }]] }, [[1, { a: 'é' }]], [[1], { a: 'é' }]],
    [{ $ref: '#/definitions/a~1b', definitions: { 'a/b': { const: 5 } } }, [5], [6]],
  ])('has the texts of its values, and not those of others: %j', (schema, valid, invalid) => {
    for (const value of valid)
      expect(accepts(json(schema), JSON.stringify(value)), JSON.stringify(value)).toBe(true);
    for (const value of invalid)
      expect(accepts(json(schema), JSON.stringify(value)), JSON.stringify(value)).toBe(false);
  });

  it.each<[named: string, schema: unknown]>([
    ["'not'", { not: { type: 'string' } }],
    ["'patternProperties'", { type: 'object', patternProperties: { a: true } }],
    ["'uniqueItems'", { type: 'array', uniqueItems: true }],
    ["'multipleOf'", { type: 'number', multipleOf: 0.5 }],
    ["'ipv6'", { type: 'string', format: 'ipv6' }],
    ["'oneOf'", { oneOf: [{ type: 'integer' }, { type: 'number' }] }],
    [
      "'additionalProperties' beside",
      {
        allOf: [
          { type: 'object', properties: { a: {} }, additionalProperties: false },
          { type: 'object', properties: { b: {} } },
        ],
      },
    ],
    [
      "'uniqueItems'",
      {
        allOf: [
          { type: 'array', uniqueItems: false },
          { type: 'array', uniqueItems: true },
        ],
      },
    ],
    ['leads to itself', { $ref: '#' }],
    ['leads to itself', { anyOf: [{ $ref: '#' }, { type: 'null' }] }],
    ['nothing is at #/$defs/x', { $ref: '#/$defs/x' }],
    ['no text has it', { type: 'string', minLength: 3, maxLength: 2 }],
    ['no text has it', { type: 'string', pattern: '^a$', minLength: 2 }],
    [
      'no text has it',
      { $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' }, minItems: 1 } }, $ref: '#/$defs/a' },
    ],
    ['no type', { type: 'text' }],
    ['at /properties/a', { type: 'object', properties: { a: { if: {} } } }],
    ['is an object, or true or false', 5],
  ])('is refused where it cannot be followed, by what it says: %s', (named, schema) => {
    const refusal = expect.objectContaining({
      code: 'INVALID_PARAMETER',
      message: expect.stringContaining(named),
    });
    expect(() => createConstraint(table, json(schema), [EOS])).toThrow(refusal);
    expect(() => checkGrammar(json(schema))).toThrow(refusal);
  });
});

const PATTERNS = [
  '[a-z]{2,4}(-[0-9]+)?',
  '(yes|no|maybe so)',
  '\\d{4}-\\d{2}',
  '[^"\\s]{1,6}',
  'a?b*c+',
  '(?:ab|a)*',
  '\\p{Lu}\\p{Ll}{1,3}',
  '.{3}',
  '[\\u00e0-\\u{1F600}]{2}',
  '',
];

describe('a regular expression', () => {
  it.each(PATTERNS)('matches every text that a model writes, whatever it gives: %s', (pattern) => {
    const whole = new RegExp(`^(?:${pattern})$`, 'u');
    fc.assert(
      fc.property(choices, (stream) => {
        expect(write(regex(pattern), chooser(stream))).toMatch(whole);
      }),
      { numRuns: cases({ short: 15, long: 500 }) },
    );
  });

  it('has the texts that it matches as a whole, and no others', () => {
    for (const text of ['ab', 'xyz-7', 'a', 'abcde', 'ab-', 'AB']) {
      const pattern = PATTERNS[0] ?? '';
      expect(accepts(regex(pattern), text), text).toBe(new RegExp(`^(?:${pattern})$`).test(text));
    }
  });

  it.each([
    ['(?=a)', 'look around'],
    ['a\\b', '\\b is not supported'],
    ['(a)\\1', '\\1 is not supported'],
    ['a**b(', 'a ( has no )'],
    ['[b-a]', 'wrong way round'],
    ['*a', 'nothing to repeat'],
    ['a$b', 'at its ends alone'],
    ['^a|b', 'an anchor beside |'],
    ['\\p{Nothing}', "no property 'Nothing'"],
    ['((a{1,9999}){1,9999}){1,9999}b\\d(', 'has no )'],
  ])('is refused where it cannot be followed: %s', (pattern, reason) => {
    expect(() => createConstraint(table, regex(pattern), [EOS])).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER', message: expect.stringContaining(reason) }),
    );
  });
});

describe('a constraint', () => {
  it('lets a text end where it is complete, and nowhere else', () => {
    expect(allowed(regex('a|ab'), [])).toEqual([0x61]);
    expect(allowed(regex('a|ab'), [0x61])).toEqual([0x62, EOS]);
    expect(allowed(regex('a|ab'), [0x61, 0x62])).toEqual([EOS]);
  });

  it('does not give special tokens, nor ids that are no tokens', () => {
    const every = allowed(regex('(.|\\n)*'), []);
    expect(every.filter((id) => id >= EOS)).toEqual([EOS]);
  });

  it('does not count special tokens, which are not in the text', () => {
    const forced = layTable(
      [
        { bytes: Buffer.from('de_DE'), special: true },
        { bytes: Buffer.from(' a'), special: false },
        { bytes: Buffer.from('</s>'), special: true },
      ],
      1,
    );
    expect(allowed(regex('a'), [0], forced, 2)).toEqual([1]);
    expect(allowed(regex('a'), [0, 1], forced, 2)).toEqual([2]);
  });

  it('does not count the spaces that a text loses at its beginning', () => {
    const pieces = [' a', '  a', 'a', ' ', 'b'].map((text) => ({ bytes: Buffer.from(text), special: false }));
    const spaced = (startSpaces: number) =>
      layTable([...pieces, { bytes: Buffer.from('</s>'), special: true }], startSpaces);
    expect(allowed(regex('ab'), [], spaced(0), 5)).toEqual([2]);
    expect(allowed(regex('ab'), [], spaced(1), 5)).toEqual([0, 2, 3]);
    expect(allowed(regex('ab'), [], spaced(Number.POSITIVE_INFINITY), 5)).toEqual([0, 1, 2, 3]);
    expect(allowed(regex('ab'), [1], spaced(Number.POSITIVE_INFINITY), 5)).toEqual([4]);
    expect(allowed(regex('ab'), [3], spaced(1), 5)).toEqual([2]);
  });

  it('refuses a grammar whose characters are in no token of the model', () => {
    const words = layTable(
      [
        { bytes: Buffer.from('a'), special: false },
        { bytes: Buffer.from('</s>'), special: true },
      ],
      0,
    );
    expect(() => createConstraint(words, json({ type: 'object' }), [1])).toThrow(
      /no tokens to write one with/,
    );
    expect(allowed(regex('[abc]'), [], words, 1)).toEqual([0]);
  });

  it('refuses a grammar of too many states, at the token that meets them', () => {
    const wide = regex('([ab]{0,400}[cd]{0,400}){0,400}(.{0,300}a.{0,300}b){3}');
    const constraint = createConstraint(table, wide, [EOS]);
    const ids: number[] = [];
    const meet = () => {
      for (let step = 0; step < 3000; step++) {
        constraint.restrict(ids, new Float32Array(ROWS));
        ids.push(0x61 + (step % 4));
      }
    };
    expect(meet).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMETER',
        message: expect.stringContaining('100000 parts'),
      }),
    );
  });
});
