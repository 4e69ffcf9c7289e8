/** The graph of a variant on its session: batches of encodings in, a result for each out. */

import type { Graph } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Encoding, Feeds, Outputs, Session, TokenResult } from '../ports.ts';
import { feedsFor, type Padding, paddedLength, sliceResult } from './tensors.ts';

export interface GraphRunnerDependencies {
  readonly graph: Graph;
  readonly session: Session;
  readonly padding: Padding;
}

export class GraphRunner {
  readonly #dependencies: GraphRunnerDependencies;

  constructor(dependencies: GraphRunnerDependencies) {
    this.#dependencies = dependencies;
  }

  /** The tokens that the model reads for an encoding that is alone in its batch, padding included. */
  paddedLength(encoding: Encoding): number {
    return paddedLength(encoding, this.#dependencies.padding);
  }

  makeFeeds(encodings: readonly Encoding[]): Feeds {
    return feedsFor(this.#dependencies.graph, encodings, this.#dependencies.padding);
  }

  /** @throws EngineError SESSION_FAILED */
  run(feeds: Feeds): Promise<Outputs> {
    return this.#dependencies.session.run(feeds);
  }

  readResult(outputs: Outputs, row: number, encoding: Encoding): TokenResult {
    return sliceResult(this.#dependencies.graph, outputs, row, encoding);
  }

  /** Whether one input may be at fault, so that the others of its batch are worth another try. */
  mayRetry(error: unknown): error is EngineError {
    return error instanceof EngineError && !this.#dependencies.session.ended;
  }
}
