import { describe, expect, it } from 'vitest';
import { pairedRatio } from '../../bench/statistics.ts';
import { compare, either } from '../../bench/targets.ts';

const ratioOf = (value: number) => pairedRatio([value], [1]);
const judged = (value: number, target: { atMost?: number; atLeast?: number }, model = '67m') =>
  compare({ name: 'figure', model }, ratioOf(value), target);

describe('the verdict of a comparison', () => {
  it('is met at the limit and missed beyond it', () => {
    expect(judged(0.4, { atMost: 0.4 })).toMatchObject({ target: 'at most 0.4x', met: true });
    expect(judged(0.401, { atMost: 0.4 })).toMatchObject({ met: false });
    expect(judged(3, { atLeast: 3 })).toMatchObject({ target: 'at least 3x', met: true });
    expect(judged(2.99, { atLeast: 3 })).toMatchObject({ met: false });
  });

  it('is not given for a shape without targets', () => {
    expect(judged(0.1, { atMost: 0.4 }, '22m')).not.toHaveProperty('met');
  });

  it('is missed where the figure is no number', () => {
    expect(judged(Number.NaN, { atMost: 0.4 })).toMatchObject({ met: false });
  });

  it('is shared by two views of one promise, of which either suffices', () => {
    const relative = judged(1.2, { atMost: 1.05 });
    const absolute = compare({ name: 'difference', unit: 'ms', model: '67m' }, ratioOf(0.1), { atMost: 0.3 });
    for (const comparison of either([relative, absolute])) {
      expect(comparison).toMatchObject({ met: true, target: 'at most 1.05x or at most 0.3 ms' });
    }
    expect(either([relative])).toMatchObject([{ met: false }]);
  });
});
