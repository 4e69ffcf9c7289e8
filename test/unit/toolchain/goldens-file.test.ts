import { describe, expect, test } from 'vitest';
import type { Golden } from '../../../layers/engine/src/predict/goldens/golden.ts';
import { goldenOutput } from '../../../model-assets/toolchain/src/package-files/golden-output.ts';
import {
  formatGoldens,
  type Goldens,
  parseGoldens,
} from '../../../model-assets/toolchain/src/package-files/goldens-file.ts';

const GOLDEN: Golden = {
  text: 'a\n"b" 😀',
  ids: [2, 17, 3],
  outputs: { logits: goldenOutput({ dims: [2, 3], data: Float32Array.of(0.25, -1.5, 3, 1, 2, 1.5) }, true) },
};

describe('goldens.jsonl', () => {
  test('gives back what was written', () => {
    const goldens: Goldens = { tolerance: { int8: 0.1 }, goldens: [GOLDEN, { ...GOLDEN, pair: 'second' }] };
    expect(parseGoldens(formatGoldens(goldens))).toEqual(goldens);
  });

  test.each([
    ['', 1],
    ['{"goldens":2,"tolerance":{}}\n', 1],
    ['{"goldens":1,"tolerance":{}}\n{"text":"a"}\n', 2],
    ['{"goldens":1,"tolerance":{}}\nnot json\n', 2],
  ])('refuses %j by the number of its line', (content, line) => {
    expect(() => parseGoldens(content)).toThrow(`Line ${line} of the goldens is not valid`);
  });

  test('stores whole rows, at most 8 of them, and the top of every row with its margin', () => {
    const data = Float32Array.from({ length: 20 * 4 }, (_, at) => (at % 4 === 2 ? 1.5 : 0.25));
    const output = goldenOutput({ dims: [20, 4], data }, true);
    expect(output.values).toHaveLength(8 * 4);
    expect(output.top).toHaveLength(20);
    expect(output.top?.[19]).toEqual([2, 1.25]);
    expect(goldenOutput({ dims: [20, 768], data: new Float32Array(20 * 768) }, false).values).toHaveLength(
      768,
    );
  });

  test('stores values all over logits that are as wide as a vocabulary, and no more than of others', () => {
    const [rows, columns] = [20, 30_522];
    const data = Float32Array.from({ length: rows * columns }, (_, at) => at);
    const { values, stride = 0, top } = goldenOutput({ dims: [rows, columns], data }, true);
    expect(values.length).toBeGreaterThan(900);
    expect(values.length).toBeLessThanOrEqual(1024);
    expect(values).toEqual(values.map((_, index) => index * stride));
    expect(new Set(values.map((value) => value % columns)).size).toBe(values.length);
    expect(top).toHaveLength(rows);
  });
});
