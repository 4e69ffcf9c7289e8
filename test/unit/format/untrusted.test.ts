import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { listOf, parseUntilFault } from '../../../model-assets/format/src/untrusted.ts';

const MANY = 200_000;
const id = z.int().check(z.nonnegative());

describe('a list whose elements are at fault, each of them', () => {
  it.each<[string, z.ZodMiniType, unknown]>([
    ['by a check', z.object({ list: listOf(id) }), Array(MANY).fill(-1)],
    ['by the range of integers', z.object({ list: listOf(id) }), Array(MANY).fill(1e308)],
    ['by their type', z.object({ list: listOf(id) }), Array(MANY).fill('')],
    ['in lists of one', z.object({ list: listOf(listOf(id)) }), Array(MANY).fill([-1])],
    [
      'in lists that must not be empty',
      z.object({ list: listOf(listOf(id).check(z.minLength(1))) }),
      Array(MANY).fill([]),
    ],
    ['by a field', z.object({ list: listOf(z.object({ id })) }), Array(MANY).fill({ id: -1 })],
    [
      'whatever else it might be',
      z.object({ list: z.union([z.string(), listOf(id)]) }),
      Array(MANY).fill(-1),
    ],
  ])('has one fault, %s', (_title, schema, list) => {
    const { error } = parseUntilFault(schema, { list });
    expect(error?.issues).toHaveLength(1);
    expect(error?.issues[0]?.path[0]).toBe('list');
  });

  it('is what a list of zod is, where nothing is at fault or one element', () => {
    const check = (value: unknown) => {
      const [own, other] = [listOf(id), z.array(id)].map((schema) => parseUntilFault(schema, value));
      expect(own?.data).toEqual(other?.data);
      expect(own?.error?.issues[0]).toEqual(other?.error?.issues[0]);
    };
    fc.assert(fc.property(fc.oneof(fc.array(fc.nat()), fc.array(fc.integer()), fc.anything()), check));
  });

  it('leaves its element as it was', () => {
    const element = z.string().check(z.minLength(1));
    listOf(element);
    const several = parseUntilFault(z.array(element), ['', '']);
    expect(several.error?.issues).toHaveLength(2);
  });
});

it('a record whose values are at fault, each of them, is refused and nothing is thrown', () => {
  const names = Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`name${index}`, 1]));
  const schema = z.object({ names: z.record(z.string(), z.string()) });
  expect(parseUntilFault(schema, { names }).success).toBe(false);
});
