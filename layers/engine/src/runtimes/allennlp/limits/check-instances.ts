import type { ArchiveModel } from '../archive-model.ts';
import type { Instance } from '../instance.ts';

/** The model, whose instances go through a check before anything runs. `check` throws INVALID_INPUT for an input that it refuses. */
export function checkInstances(
  model: ArchiveModel,
  check: (instances: readonly Instance[], field: string) => void,
): ArchiveModel {
  return {
    ...model,
    async read(input, field) {
      const instances = await model.read(input, field);
      check(instances, field);
      return instances;
    },
  };
}
