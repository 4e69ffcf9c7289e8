import type { TaskName } from '@pilotlight/engine';
import { wireParameters } from '@pilotlight/model-format';
import type { PredictRequest } from './request.ts';

/** Parameters for the engine; those in `parameters` win over those beside it. */
export function taskParameters(
  request: Omit<PredictRequest, 'inputs'>,
  task: TaskName | undefined,
): Record<string, unknown> {
  const { truncate, truncation_direction, normalize, prompt_name, dimensions, parameters } = request;
  const beside = { truncate, normalize, prompt_name, dimensions };
  const given = {
    ...Object.fromEntries(
      Object.entries(beside).filter(([, value]) => value !== undefined && value !== null),
    ),
    ...(truncation_direction && { truncation_direction: truncation_direction.toLowerCase() }),
    ...parameters,
  };
  return wireParameters(given, task);
}
