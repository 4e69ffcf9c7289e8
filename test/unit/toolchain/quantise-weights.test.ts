import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { transpose } from '../../../model-assets/toolchain/src/graph/transpose.ts';
import {
  type Matrix,
  quantiseColumns,
  quantiseRows,
} from '../../../model-assets/toolchain/src/stages/quantise/weights.ts';

const weight = fc.float({
  noNaN: true,
  noDefaultInfinity: true,
  min: Math.fround(-1e30),
  max: Math.fround(1e30),
});
const matrices: fc.Arbitrary<Matrix> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([rows, columns]) =>
    fc.array(weight, { minLength: rows * columns, maxLength: rows * columns }).map((values) => ({
      name: 'weights',
      values: Float32Array.from(values),
      rows,
      columns,
    })),
  );
const limits = fc.constantFrom(127 as const, 63 as const);

describe('int8 weights', () => {
  test('are within half a step of every weight, per column', () => {
    fc.assert(
      fc.property(matrices, limits, (matrix, limit) => {
        const { values, scales } = quantiseColumns(matrix, limit);
        for (const [at, original] of matrix.values.entries()) {
          const scale = scales[at % matrix.columns] ?? Number.NaN;
          expect(Math.abs((values[at] ?? Number.NaN) * scale - original)).toBeLessThanOrEqual(
            0.5 * scale * (1 + 1e-5),
          );
          expect(Math.abs(values[at] ?? Number.NaN)).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  test('by row are those by column of the transposed matrix', () => {
    fc.assert(
      fc.property(matrices, limits, (matrix, limit) => {
        const { name, rows, columns } = matrix;
        const byRow = quantiseRows(matrix, limit);
        const turned = {
          name,
          values: transpose(matrix.values, rows, columns),
          rows: columns,
          columns: rows,
        };
        const byColumn = quantiseColumns(turned, limit);
        expect(byRow.scales).toEqual(byColumn.scales);
        expect(transpose(byRow.values, rows, columns)).toEqual(byColumn.values);
      }),
    );
  });

  test('of a hand-worked matrix', () => {
    const matrix = {
      name: 'weights',
      values: Float32Array.of(1.27, -4, -0.633, 2, 0, 0.02),
      rows: 3,
      columns: 2,
    };
    const { values, scales } = quantiseColumns(matrix, 127);
    expect([...values]).toEqual([127, -127, -63, 64, 0, 1]);
    expect(scales[0]).toBeCloseTo(0.01, 7);
    expect(scales[1]).toBeCloseTo(4 / 127, 7);
  });

  test('of a channel of zeros, or of numbers too small for a step, are zero', () => {
    const tiny = 1e-45;
    const matrix = { name: 'weights', values: Float32Array.of(0, tiny, 0, -tiny), rows: 2, columns: 2 };
    expect(quantiseColumns(matrix, 127)).toEqual({
      values: Int8Array.of(0, 0, 0, 0),
      scales: Float32Array.of(1, 1),
    });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuse %d by the name of the tensor and its position',
    (bad) => {
      const matrix = { name: 'layer.3.weight', values: Float32Array.of(1, 2, bad, 4), rows: 2, columns: 2 };
      for (const quantiser of [quantiseColumns, quantiseRows]) {
        expect(() => quantiser(matrix, 127)).toThrow(
          expect.objectContaining({
            code: 'WEIGHTS_INVALID',
            details: { tensor: 'layer.3.weight', position: 2 },
          }),
        );
      }
    },
  );

  test('transposes matrices larger than one tile', () => {
    const [rows, columns] = [70, 131];
    const source = Float32Array.from({ length: rows * columns }, (_, at) => at);
    const turned = transpose(source, rows, columns);
    expect(turned[130 * rows + 69]).toBe(69 * columns + 130);
    expect(transpose(turned, columns, rows)).toEqual(source);
  });
});
