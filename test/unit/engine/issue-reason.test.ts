import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { explainIssue, locateFault } from '../../../model-assets/format/src/errors.ts';

const reason = (schema: z.ZodType | mini.ZodMiniType, value: unknown) =>
  explainIssue(schema.safeParse(value).error?.issues[0]);

describe('why a value is refused', () => {
  test.each<[z.ZodType, unknown, string]>([
    [z.int(), 1.5, 'must be a whole number'],
    [z.int(), 1e300, 'must be at most 9007199254740991'],
    [z.int(), 'three', 'must be a number'],
    [z.number().min(1), 0, 'must be at least 1'],
    [z.number().positive(), 0, 'must be above 0'],
    [z.number().max(3), 4, 'must be at most 3'],
    [z.number().lt(3), 3, 'must be below 3'],
    [z.number().multipleOf(2), 3, 'must be a multiple of 2'],
    [z.string(), 3, 'must be a text'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(2), '', 'must have at least 2 characters'],
    [z.string().max(2), 'long', 'must have at most 2 characters'],
    [z.array(z.string()).min(1), [], 'must not be empty'],
    [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
    [z.array(z.string()).min(2), ['a'], 'must have at least 2 items'],
    [z.array(z.string()).max(2), ['a', 'b', 'c'], 'must have at most 2 items'],
    [z.string().max(1), 'ab', 'must have at most 1 character'],
    [z.bigint().min(2n), 1n, 'must be at least 2'],
    [z.number().min(1), 0.5, 'must be at least 1'],
    [z.set(z.string()), 'a', 'must be of type set'],
    [z.record(z.string(), z.string()), 'a', 'must be an object'],
    [z.array(z.string()), 'a', 'must be a list'],
    [z.union([z.int(), z.number()]), 'a', 'must be a number'],
    [z.strictObject({}), { ['k'.repeat(101)]: 1 }, `must not have the key "${'k'.repeat(100)}"`],
    [z.boolean(), 'yes', 'must be true or false'],
    [z.object({}), 'text', 'must be an object'],
    [z.enum(['left', 'right']), 'up', 'must be one of left, right'],
    [z.literal(1), 2, 'must be 1'],
    [z.strictObject({}), { other: 1 }, 'must not have the key "other"'],
    [z.record(z.string().regex(/^a/, 'must begin with a'), z.string()), { b: '' }, 'must begin with a'],
    [z.union([z.string(), z.array(z.string())]), 3, 'must be a text or a list'],
    [z.union([z.strictObject({ a: z.string() }), z.string()]), { a: 1 }, 'is not valid'],
    [z.union([z.literal('x'), z.int()]), 'a', 'is not valid'],
    [z.url(), 'no', 'is not valid'],
    [z.string('must be a name'), 3, 'must be a name'],
  ])('is said in plain words: %#', (schema, value, words) => {
    expect(reason(schema, value)).toBe(words);
  });

  test('is the same where zod has no words of its own', () => {
    expect(reason(mini.int(), 1.5)).toBe('must be a whole number');
    expect(reason(mini.strictObject({}), { other: 1 })).toBe('must not have the key "other"');
  });
});

describe('the place of a fault', () => {
  const fault = (schema: z.ZodType, value: unknown) => locateFault(schema.safeParse(value).error?.issues[0]);

  test('is the path of the value that is refused', () => {
    expect(fault(z.object({ a: z.array(z.int()) }), { a: [1, 'x'] })).toEqual({
      path: ['a', 1],
      reason: 'must be a number',
    });
  });

  test('is the first of the keys that are not known, below the object that has it', () => {
    expect(fault(z.object({ a: z.strictObject({}) }), { a: { first: 1, second: 2 } })).toEqual({
      path: ['a', 'first'],
      reason: 'is not known',
    });
  });

  test('is nowhere where zod says nothing', () => {
    expect(locateFault(undefined)).toEqual({ path: [], reason: 'is not valid' });
  });
});
