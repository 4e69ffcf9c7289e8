import type { Context } from 'hono';
import { expect, it } from 'vitest';
import { isWithin, stickyKey } from '../../../../functions/app/src/serve/rollout/share.ts';

const KEYS = Array.from({ length: 5000 }, (_, i) => `caller ${i}`);
const shareOf = (share: number, of = 'sentiment@2.0.0') => KEYS.filter((key) => isWithin(share, of, key));

it('a tenth of the callers is within a tenth, and all of them within all', () => {
  expect(shareOf(0)).toEqual([]);
  expect(shareOf(0.1).length / KEYS.length).toBeCloseTo(0.1, 1);
  expect(shareOf(1)).toEqual(KEYS);
});

it('whoever is within a share is within a larger one, and another version has other callers', () => {
  const larger = new Set(shareOf(0.3));
  expect(shareOf(0.1).every((key) => larger.has(key))).toBe(true);
  expect(shareOf(0.1, 'sentiment@3.0.0')).not.toEqual(shareOf(0.1));
});

it('calls belong together by the API key, else by the header, else not at all', () => {
  const c = (sticky?: string) => ({ req: { header: () => sticky } }) as unknown as Context;
  expect(stickyKey({ caller: 'acme', c: c('tenant 7'), id: 'request 1' })).toBe('acme');
  expect(stickyKey({ caller: undefined, c: c('tenant 7'), id: 'request 1' })).toBe('tenant 7');
  expect(stickyKey({ caller: undefined, c: c(), id: 'request 1' })).toBe('request 1');
});
