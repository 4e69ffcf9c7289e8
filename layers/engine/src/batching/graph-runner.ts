/** The graph of a variant on its session: batches of encodings in, a result for each out. */

import type { Graph } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Encoding, Feeds, Outputs, Session, TokenResult } from '../ports.ts';
import { feedsFor, type Padding, resultOfRow } from './tensors.ts';

export interface GraphRunnerParts {
  readonly graph: Graph;
  readonly session: Session;
  readonly padding: Padding;
}

export class GraphRunner {
  readonly #parts: GraphRunnerParts;

  constructor(parts: GraphRunnerParts) {
    this.#parts = parts;
  }

  feedsOf(encodings: readonly Encoding[]): Feeds {
    return feedsFor(this.#parts.graph, encodings, this.#parts.padding);
  }

  /** @throws EngineError SESSION_FAILED */
  run(feeds: Feeds): Promise<Outputs> {
    return this.#parts.session.run(feeds);
  }

  resultOf(outputs: Outputs, row: number, encoding: Encoding): TokenResult {
    return resultOfRow(this.#parts.graph, outputs, row, encoding);
  }

  /** Whether what failed may be one input's fault, so that the others of its batch are worth another try. */
  mayRetry(error: unknown): error is EngineError {
    return error instanceof EngineError && !this.#parts.session.ended;
  }
}
