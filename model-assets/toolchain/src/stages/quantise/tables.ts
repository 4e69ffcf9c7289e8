import { int, intAttribute, makeNode } from '../../graph/node.ts';
import type { OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, elementCount, floats, floatTensor, int8Tensor } from '../../graph/tensor.ts';
import type { ConstantMatrix } from './constants.ts';
import type { Names } from './names.ts';
import { quantiseRows } from './weights.ts';

/** A look-up of rows in a constant table, `[entries, hidden]`: an embedding. */
export interface Lookup {
  readonly node: OnnxNode;
  readonly indices: string;
  readonly table: OnnxTensor;
}

/** Tables with fewer elements stay in fp32: what they weigh is not worth three more nodes. */
const MINIMUM_ELEMENTS = 2 ** 16;

/** The look-up that a node does, or undefined where its table is small, is no constant or is read by columns. */
export function findLookup(
  node: OnnxNode,
  matrix: (value: string) => ConstantMatrix | undefined,
): Lookup | undefined {
  const [source, indices] = node.input;
  if (node.domain !== '' || node.opType !== 'Gather' || (intAttribute(node, 'axis') ?? 0) !== 0)
    return undefined;
  if (source === undefined || indices === undefined) return undefined;
  const found = matrix(source);
  if (found === undefined || found.transposed) return undefined;
  return elementCount(found.tensor.dims) < MINIMUM_ELEMENTS
    ? undefined
    : { node, indices, table: found.tensor };
}

/** Rewrites look-ups; a table that several of them share is quantised once. */
export class LookupRewriter {
  readonly initializers: OnnxTensor[] = [];
  readonly #names: Names;
  readonly #tables = new Map<string, { values: string; scales: string }>();

  constructor(names: Names) {
    this.#names = names;
  }

  /** The nodes that replace a look-up: int8 rows and their scales are gathered, and multiplied to float32 rows. */
  rewrite({ node, indices, table }: Lookup): OnnxNode[] {
    const name = node.name || node.output[0] || 'lookup';
    const { values, scales } = this.#tables.get(table.name) ?? this.#quantiseTable(table);
    const rows = this.#names.fresh(`${name}/rows`);
    const asFloat = this.#names.fresh(`${name}/float`);
    const scale = this.#names.fresh(`${name}/scale`);
    const axis = { axis: int(0) };
    return [
      makeNode('Gather', [values, indices], [rows], {
        name: this.#names.fresh(`${name}/Rows`),
        attributes: axis,
      }),
      makeNode('Gather', [scales, indices], [scale], {
        name: this.#names.fresh(`${name}/Scales`),
        attributes: axis,
      }),
      makeNode('Cast', [rows], [asFloat], {
        name: this.#names.fresh(`${name}/Cast`),
        attributes: { to: int(ELEMENT.float32) },
      }),
      makeNode('Mul', [asFloat, scale], [...node.output], { name: this.#names.fresh(`${name}/Mul`) }),
    ];
  }

  #quantiseTable(table: OnnxTensor) {
    const [rows = 0, columns = 0] = table.dims;
    const quantised = quantiseRows({ name: table.name, values: floats(table), rows, columns }, 127);
    const names = {
      values: this.#names.fresh(`${table.name}/s8`),
      scales: this.#names.fresh(`${table.name}/scales`),
    };
    this.initializers.push(
      int8Tensor(names.values, [rows, columns], quantised.values),
      floatTensor(names.scales, [rows, 1], quantised.scales),
    );
    this.#tables.set(table.name, names);
    return names;
  }
}
