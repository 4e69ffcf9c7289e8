/** Grammars that would take the thread of the caller for seconds, or its stack. */
import { createConstraint } from '@pilotlight/engine/internal/runtimes/generation/text/grammar/create-constraint';
import { layTable } from '@pilotlight/engine/internal/runtimes/generation/text/token-table';
import { describe, expect, it } from 'vitest';

const table = layTable(
  Array.from({ length: 256 }, (_, byte) => ({ bytes: Uint8Array.of(byte), special: false })),
  0,
);
type Grammar = Parameters<typeof createConstraint>[1];
const json = (schema: unknown): Grammar => ({ kind: 'json_schema', schema });
const regex = (pattern: string): Grammar => ({ kind: 'regex', pattern });

const many = <Item>(length: number, make: (index: number) => Item): Item[] =>
  Array.from({ length }, (_, index) => make(index));
const members = (count: number, value: (index: number) => object) =>
  Object.fromEntries(many(count, (index) => [`property_${index}`, value(index)]));
const nested = (depth: number): unknown => {
  let schema: unknown = {};
  for (let level = 0; level < depth; level++) schema = { items: schema };
  return schema;
};
/** Each schema is there twice in the next. */
const doubling = (depth: number) => ({
  $defs: Object.fromEntries(
    many(depth, (index) => {
      const $ref = `#/$defs/${index - 1}`;
      const both = {
        anyOf: [
          { $ref, type: 'string' },
          { $ref, minLength: 1 },
        ],
      };
      return [index, index === 0 ? { maxLength: 5 } : both];
    }),
  ),
  $ref: `#/$defs/${depth - 1}`,
});

describe('a grammar is refused that', () => {
  it.each<[string, Grammar]>([
    ['has a large set of characters many times', regex('\\p{L}'.repeat(1900))],
    ['has many properties of characters', regex('\\p{Lu}\\p{Ll}\\p{Lt}\\p{Lm}\\p{Lo}\\p{Mn}')],
    [
      'has a class of thousands of characters',
      regex(`[${many(9000, (at) => String.fromCodePoint(0x4e00 + 2 * at)).join('')}]`),
    ],
    ['goes on from many places at once', regex(many(1400, (index) => `.*${index.toString(36)}`).join('|'))],
    ['must have and must not exceed', json({ pattern: '(a|b)*a(a|b){14}', maxLength: 10_000 })],
    ['needs thousands of members', json({ properties: members(6000, () => ({ type: 'string' })) })],
    [
      'has more members than any object',
      json({ properties: members(20_000, (index) => ({ maxLength: index })) }),
    ],
    ['lists 30,000 values', json({ enum: many(30_000, (index) => `value ${index}`) })],
    ['has thousands of alternatives', json({ oneOf: many(3000, (index) => ({ const: index })) })],
    [
      'has thousands of schemas at once',
      json({ allOf: many(10_000, (index) => ({ properties: members(1, () => ({ maxLength: index })) })) }),
    ],
    ['doubles with each reference', json(doubling(60))],
    ['nests deeper than the stack', json(nested(20_000))],
    ['nests deeper than the stack where nothing is read', json({ default: nested(20_000) })],
  ])('%s', (_, grammar) => {
    expect(() => createConstraint(table, grammar, [])).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER', details: { field: 'grammar' } }),
    );
  });
});

describe('a grammar is followed that', () => {
  it.each<[string, Grammar]>([
    ['repeats what repeats', regex('(a{1000}){1000}')],
    ['has a choice at every step', regex('(a|aa|aaa){5000}')],
    ['is known for taking other engines for ever', regex('(x+x+)+y')],
    ['has a property of characters in many places', regex('(\\p{L}+ ){50}\\p{L}+')],
    ['has a hundred members', json({ properties: members(100, () => ({ type: 'string', maxLength: 40 })) })],
  ])('%s', (_, grammar) => {
    const bias = new Float32Array(256);
    createConstraint(table, grammar, []).restrict([], bias);
    expect(bias).toContain(0);
  });

  it('has been used until its states are many: a text goes on with its own', () => {
    const grammar = regex('([ab]{0,400}[cd]{0,400}){0,400}(.{0,300}a.{0,300}b){3}');
    for (let text = 0; text < 12; text++) {
      const constraint = createConstraint(table, grammar, []);
      const ids: number[] = [];
      for (let step = 0; step < 40; step++) {
        constraint.restrict(ids, new Float32Array(256));
        ids.push(0x61 + ((Math.imul(step + text, 0x9e3779b1) >>> 13) % 4));
      }
    }
  });
});
