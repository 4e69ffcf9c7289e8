import { describe, expect, it } from 'vitest';
import { type Instance, stack } from '../../../layers/engine/src/runtimes/allennlp/instance.ts';

const instance = (tensors: Instance['tensors']): Instance => ({ tensors, metadata: undefined });

describe('a batch of instances', () => {
  it('pads every axis to its longest, and puts each value where its own tensor has it', () => {
    const of = (dims: readonly number[], values: readonly number[]) =>
      instance({ characters: { dims, data: BigInt64Array.from(values, BigInt) } });
    const { characters } = stack([of([2, 2], [1, 2, 3, 4]), of([1, 3], [5, 6, 7]), of([0, 0], [])]);
    expect(characters?.dims).toEqual([3, 2, 3]);
    expect([...(characters?.data ?? [])].map(Number)).toEqual([
      ...[1, 2, 0, 3, 4, 0],
      ...[5, 6, 7, 0, 0, 0],
      ...[0, 0, 0, 0, 0, 0],
    ]);
  });

  it('pads with the value and to the length that a tensor asks for', () => {
    const ids = { dims: [1], data: BigInt64Array.from([7n]), padding: 9, least: [3] };
    expect([...(stack([instance({ ids })]).ids?.data ?? [])].map(Number)).toEqual([7, 9, 9]);
  });

  it('keeps the types of tensors, and refuses to mix them', () => {
    const float = instance({ x: { dims: [1], data: Float32Array.of(1.5) } });
    const mask = instance({ x: { dims: [1], data: Uint8Array.of(1) } });
    expect(stack([float]).x?.data).toEqual(Float32Array.of(1.5));
    expect(stack([mask]).x?.data).toEqual(Uint8Array.of(1));
    expect(() => stack([float, mask])).toThrow('different types');
    expect(() => stack([float, instance({})])).toThrow('no tensor x');
  });
});
