/** The models of archives: the one place to register another. */
import type { ArchiveModelDefinition } from '../archive-model.ts';

const MODELS: readonly ArchiveModelDefinition[] = [];

/** Finds a kind of model by its registrable name. */
export function findArchiveModel(type: string): ArchiveModelDefinition | undefined {
  return MODELS.find((definition) => definition.type === type);
}

/** The registrable names of all models. */
export function archiveModelTypes(): readonly string[] {
  return MODELS.map(({ type }) => type);
}
