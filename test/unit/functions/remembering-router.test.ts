import { TrieRouter } from 'hono/router/trie-router';
import { describe, expect, it, vi } from 'vitest';
import { RememberingRouter } from '../../../functions/app/src/serve/remembering-router.ts';

function routerOf() {
  const inner = new TrieRouter<string>();
  const match = vi.spyOn(inner, 'match');
  const router = new RememberingRouter(inner);
  router.add('POST', '/models/:model', 'predict');
  return { inner, match, router };
}

describe('RememberingRouter', () => {
  it('finds what the other router finds, which it asks once for a method and a path', () => {
    const { router, match } = routerOf();
    const found = router.match('POST', '/models/a');
    expect(found[0].map(([handler]) => handler)).toEqual(['predict']);
    expect(router.match('POST', '/models/a')).toBe(found);
    expect(router.match('POST', '/models/b')[0][0]?.[1]).toEqual({ model: 'b' });
    expect(router.match('GET', '/models/a')[0]).toEqual([]);
    expect(match).toHaveBeenCalledTimes(3);
  });

  it('keeps no long path, and forgets all once there are many', () => {
    const { router, match } = routerOf();
    const long = `/models/${'a'.repeat(200)}`;
    router.match('POST', long);
    router.match('POST', long);
    expect(match).toHaveBeenCalledTimes(2);
    for (let i = 0; i < 257; i++) router.match('POST', `/models/${i}`);
    router.match('POST', '/models/0');
    expect(match).toHaveBeenCalledTimes(2 + 257 + 1);
  });
});
