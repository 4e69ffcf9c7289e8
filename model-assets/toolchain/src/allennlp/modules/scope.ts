/** A place in an archive while its graph is built: the tensors under a path, and names for nodes. */
import { ToolchainError } from '../../errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { ELEMENT, elementCount, floatTensor } from '../../graph/tensor.ts';
import type { ArchiveParts, InputType, ModuleDefinition, Role, Scope } from './module.ts';

const ELEMENTS = { int64: ELEMENT.int64, float32: ELEMENT.float32, bool: ELEMENT.bool } as const;

/** Finds a definition; throws ToolchainError SOURCE_UNSUPPORTED where there is none. */
export type FindDefinition = (role: Role, type: string) => ModuleDefinition;

/** What all places of one graph share. */
interface GraphState {
  readonly graph: GraphBuilder;
  readonly archive: ArchiveParts;
  readonly definition: FindDefinition;
  readonly names: Map<string, number>;
  readonly made: Map<string, string>;
  readonly inputs: Map<string, InputType>;
  /** The graph that this one is the body of. */
  readonly outer?: GraphState;
}

export class GraphScope implements Scope {
  readonly path: string;
  readonly #state: GraphState;

  private constructor(state: GraphState, path: string) {
    this.#state = state;
    this.path = path;
  }

  static root(graph: GraphBuilder, archive: ArchiveParts, definition: FindDefinition): GraphScope {
    return new GraphScope(emptyState(graph, archive, definition), '');
  }

  get graph(): GraphBuilder {
    return this.#state.graph;
  }

  get archive(): ArchiveParts {
    return this.#state.archive;
  }

  /** The inputs that the graph has by now. */
  get inputs(): readonly { readonly name: string; readonly type: InputType }[] {
    return [...this.#state.inputs].map(([name, type]) => ({ name, type }));
  }

  inNewGraph(name: string): GraphScope {
    const { archive, definition } = this.#state;
    return new GraphScope(emptyState(new GraphBuilder(name), archive, definition), this.path);
  }

  inBody(name: string): GraphScope {
    const { archive, definition, names } = this.#state;
    const graph = this.graph.body(name);
    const state = { ...emptyState(graph, archive, definition), names, outer: this.#state };
    return new GraphScope(state, this.path);
  }

  at(part: string): GraphScope {
    return new GraphScope(this.#state, this.tensorName(part));
  }

  name(part: string): string {
    const { names } = this.#state;
    const name = `${this.path}/${part}`;
    const uses = names.get(name) ?? 0;
    names.set(name, uses + 1);
    return uses === 0 ? name : `${name}/${uses}`;
  }

  tensorName(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  has(name: string): boolean {
    return this.dims(name) !== undefined;
  }

  dims(name: string): readonly number[] | undefined {
    return this.archive.tensorDims(this.tensorName(name));
  }

  tensor(name: string, dims: readonly number[]): Float32Array {
    const full = this.tensorName(name);
    if (this.archive.standIn) return this.archive.standIn(full, dims);
    const found = this.archive.tensor(full);
    if (found.dims.length !== dims.length || found.dims.some((dim, axis) => dim !== dims[axis])) {
      throw new ToolchainError(
        'WEIGHTS_INVALID',
        `The tensor '${full}' of the archive has shape [${found.dims}], but its config.json makes it [${dims}].`,
      );
    }
    if (found.data.length !== elementCount(dims)) {
      throw new ToolchainError(
        'WEIGHTS_INVALID',
        `The tensor '${full}' of shape [${dims}] has ${found.data.length} values.`,
      );
    }
    return found.data;
  }

  weight(name: string, dims: readonly number[]): string {
    const full = this.tensorName(name);
    return this.once(full, () => this.graph.constant(floatTensor(full, dims, this.tensor(name, dims))));
  }

  once(name: string, make: () => string): string {
    for (let state: GraphState | undefined = this.#state; state; state = state.outer) {
      const known = state.made.get(name);
      if (known !== undefined) return known;
    }
    const value = make();
    this.#state.made.set(name, value);
    return value;
  }

  input(name: string, type: InputType, axes: readonly (number | string)[]): string {
    const { inputs, graph } = this.#state;
    const known = inputs.get(name);
    if (known === undefined) {
      inputs.set(name, type);
      return graph.input(name, ELEMENTS[type], axes);
    }
    if (known === type) return name;
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The archive reads the tensor '${name}' both as ${known} and as ${type}.`,
    );
  }

  definition(role: Role, type: string): ModuleDefinition {
    return this.#state.definition(role, type);
  }
}

function emptyState(graph: GraphBuilder, archive: ArchiveParts, definition: FindDefinition): GraphState {
  return { graph, archive, definition, names: new Map(), made: new Map(), inputs: new Map() };
}
