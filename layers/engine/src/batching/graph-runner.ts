/** The graph of a variant on its session: batches of encodings in, a result for each out. */

import type { Graph } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Pooling } from '../math/pooling.ts';
import type { Encoding, Feeds, Outputs, PooledRows, Session, Tensor, TokenResult } from '../ports.ts';
import { feedsFor, type Padding, paddedLength, sliceResult } from './tensors.ts';

export interface GraphRunnerDependencies {
  readonly graph: Graph;
  readonly session: Session;
  readonly padding: Padding;
}

/** A row of a batch: an encoding, and what is wanted of it. */
export interface Row {
  readonly encoding: Encoding;
  /** How its hidden states become one vector. @default - all outputs are wanted */
  readonly pooling?: Pooling | undefined;
}

/** Gives the result of one row of a batch, which is of this encoding. */
export type ReadRow = (row: number, encoding: Encoding) => TokenResult;

export class GraphRunner {
  readonly #dependencies: GraphRunnerDependencies;
  readonly #hiddenStates: string | undefined;

  constructor(dependencies: GraphRunnerDependencies) {
    this.#dependencies = dependencies;
    this.#hiddenStates = findHiddenStates(dependencies.graph);
  }

  /** The tokens that the model reads for an encoding that is alone in its batch, padding included. */
  paddedLength(encoding: Encoding): number {
    return paddedLength(encoding, this.#dependencies.padding);
  }

  makeFeeds(rows: readonly Row[]): Feeds {
    const { graph, padding } = this.#dependencies;
    return feedsFor(
      graph,
      rows.map(({ encoding }) => encoding),
      padding,
    );
  }

  /** Runs the graph on tensors of the caller's. @throws EngineError SESSION_FAILED */
  run(feeds: Feeds): Promise<Outputs> {
    return this.#dependencies.session.run(feeds);
  }

  /**
   * Runs a batch whose tensors are made. Where every row is wanted as one vector, the session pools if it can.
   *
   * @throws EngineError SESSION_FAILED
   */
  async runRows(feeds: Feeds, rows: readonly Row[]): Promise<ReadRow> {
    const { graph, session } = this.#dependencies;
    const pooled = this.#pooledRows(rows);
    if (pooled && session.runPooled) {
      const { [pooled.output]: vectors } = await session.runPooled(feeds, pooled);
      return (row, encoding) => pooledResult(vectors, row, encoding);
    }
    const outputs = await session.run(feeds);
    return (row, encoding) => sliceResult(graph, outputs, row, encoding);
  }

  /** Whether this thread is free while the graph runs. */
  get runsElsewhere(): boolean {
    return this.#dependencies.session.runsElsewhere ?? false;
  }

  /** Whether the session is gone for good. */
  get ended(): boolean {
    return this.#dependencies.session.ended;
  }

  /** Whether one input may be at fault, so that the others of its batch are worth another try. */
  mayRetry(error: unknown): error is EngineError {
    return error instanceof EngineError && !this.ended;
  }

  #pooledRows(rows: readonly Row[]): PooledRows | undefined {
    const output = this.#hiddenStates;
    if (output === undefined) return undefined;
    const pooled = rows.flatMap(({ pooling, encoding }) =>
      pooling === undefined ? [] : [{ pooling, tokens: encoding.ids.length }],
    );
    return pooled.length === rows.length ? { output, rows: pooled } : undefined;
  }
}

/** The output that a session may pool. Where the graph pools too, the task chooses between the two. */
function findHiddenStates({ outputs }: Graph): string | undefined {
  if (outputs.some(({ role }) => role === 'embeddings')) return undefined;
  return outputs.find(({ role }) => role === 'hidden_states')?.name;
}

/** A copy, so that one vector that is kept does not keep the batch. */
function pooledResult(vectors: Tensor | undefined, row: number, encoding: Encoding): TokenResult {
  const [, hidden = 0] = vectors?.dims ?? [];
  const data = vectors?.data.slice(row * hidden, (row + 1) * hidden) ?? new Float32Array();
  return { encoding, outputs: { embeddings: { dims: [hidden], data } }, pooled: true };
}
