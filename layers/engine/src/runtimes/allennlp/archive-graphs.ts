/** The graphs of a model by their names, each in a session of its own. */
import type { ArchiveVariant } from '@pilotlight/model-format';
import { ownValue } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { CreateSession, Feeds, ModelPackage, Outputs, Session, SessionOptions } from '../../ports.ts';
import { openAll } from '../../session/open-sessions.ts';
import type { Graphs } from './archive-model.ts';

export class ArchiveGraphs implements Graphs {
  readonly #variant: Pick<ArchiveVariant, 'graphs'>;
  readonly #sessions: Readonly<Record<string, Session>>;

  constructor(variant: Pick<ArchiveVariant, 'graphs'>, sessions: Readonly<Record<string, Session>>) {
    this.#variant = variant;
    this.#sessions = sessions;
  }

  /** Gives a graph those of the tensors that it reads. */
  async run(graph: string, feeds: Feeds): Promise<Outputs> {
    const session = ownValue(this.#sessions, graph);
    const inputs = ownValue(this.#variant.graphs, graph)?.inputs;
    if (!session || !inputs) {
      throw new EngineError('PACKAGE_INVALID', `The package has no graph ${graph}. Package the model again.`);
    }
    const read: Record<string, Feeds[string]> = {};
    for (const { name } of inputs) {
      const tensor = ownValue(feeds, name);
      if (!tensor) {
        throw new EngineError(
          'PACKAGE_INVALID',
          `The graph ${graph} reads ${name}, which the text processing of the package does not give.`,
        );
      }
      read[name] = tensor;
    }
    return session.run(read);
  }

  get ended(): boolean {
    return Object.values(this.#sessions).some(({ ended }) => ended);
  }

  async dispose(): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map((session) => session.dispose()));
  }
}

/** Opens every graph of a variant; whatever fails, nothing stays open. @throws EngineError as `CreateSession` does */
export async function openGraphs(
  opened: Pick<ModelPackage, 'path'>,
  variant: Pick<ArchiveVariant, 'graphs'>,
  create: CreateSession,
  options: SessionOptions,
): Promise<ArchiveGraphs> {
  const graphs = Object.entries(variant.graphs);
  const sessions = await openAll(graphs.map(([, graph]) => create(opened.path(graph.file), graph, options)));
  return new ArchiveGraphs(
    variant,
    Object.fromEntries(sessions.map((session, index) => [graphs[index]?.[0] ?? '', session])),
  );
}
