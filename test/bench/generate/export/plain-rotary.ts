/** Rotary positions and repeated heads as exports of Llama have them. */
import { int } from '../../../../model-assets/toolchain/src/graph/node.ts';
import type { PlainParts } from './plain-parts.ts';

const THETA = 10_000;

/** Turns halves of heads by the angles of their positions; the angles are computed once. */
export class PlainRotary {
  readonly #parts: PlainParts;
  readonly #dim: number;
  readonly #cosines: string;
  readonly #sines: string;

  constructor(parts: PlainParts, positions: string, dim: number) {
    this.#parts = parts;
    this.#dim = dim;
    const { graph } = parts;
    const half = dim / 2;
    const frequencies = parts.floats('rotary/frequencies', [1, 1, half], () =>
      Float32Array.from({ length: half }, (_, index) => THETA ** ((-2 * index) / dim)),
    );
    const column = graph.op('Unsqueeze', [positions, parts.integers(2)], 'rotary/column');
    const angles = graph.op(
      'Mul',
      [parts.cast(column, 'float32', 'rotary/float'), frequencies],
      'rotary/angles',
    );
    const both = parts.concat([angles, angles], -1, 'rotary/both');
    const ofAll = (op: string) =>
      graph.op('Unsqueeze', [graph.op(op, [both], `rotary/${op}`), parts.integers(1)], `rotary/${op}/wide`);
    this.#cosines = ofAll('Cos');
    this.#sines = ofAll('Sin');
  }

  /** `x` [batch, heads, tokens, dim]. */
  turn(x: string, at: string): string {
    const { graph } = this.#parts;
    const slice = (from: number, to: number, name: string) => {
      const [begin, end, axis] = [from, to, 3].map((value) => this.#parts.integers(value));
      return graph.op('Slice', [x, begin ?? '', end ?? '', axis ?? ''], `${at}/${name}`);
    };
    const half = this.#dim / 2;
    const second = graph.op('Neg', [slice(half, this.#dim, 'second')], `${at}/negated`);
    const crossed = this.#parts.concat([second, slice(0, half, 'first')], -1, `${at}/crossed`);
    const straight = graph.op('Mul', [x, this.#cosines], `${at}/cosines`);
    return graph.op(
      'Add',
      [straight, graph.op('Mul', [crossed, this.#sines], `${at}/sines`)],
      `${at}/turned`,
    );
  }
}

/** [batch, keyHeads, tokens, dim] to [batch, heads, tokens, dim]. */
export function repeatHeads(
  parts: PlainParts,
  x: string,
  heads: number,
  keyHeads: number,
  dim: number,
  at: string,
): string {
  const { graph } = parts;
  const wide = graph.op('Unsqueeze', [x, parts.integers(2)], `${at}/wide`);
  const times = heads / keyHeads;
  const copies = Array.from({ length: times }, () => wide);
  const repeated = graph.op('Concat', copies, `${at}/copies`, { attributes: { axis: int(2) } });
  return graph.op('Reshape', [repeated, parts.integers(0, heads, -1, dim)], at);
}
