import { type BulkModel, Engine } from '@pilotlight/engine';
import type { ResolvedRef } from '@pilotlight/model-format';

export interface ServedVariant extends ResolvedRef {
  readonly packages: string;
  readonly variant: string;
}

/** Serves a variant of a package by an engine of its own, as long as `work` takes. @throws EngineError as `Engine.bulkModel` */
export async function serveVariant<Result>(
  { packages, variant, name, version }: ServedVariant,
  work: (model: BulkModel) => Promise<Result>,
): Promise<Result> {
  const engine = new Engine({ packages, variant });
  try {
    return await work(await engine.bulkModel({ name, version }));
  } finally {
    await engine.dispose();
  }
}
