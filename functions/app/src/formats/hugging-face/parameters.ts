import type { TaskName } from '@pilotlight/engine';
import type { PredictRequest } from './request.ts';

/** Python clients count characters in code points, so that is the default here; the engine's is UTF-16. */
const DEFAULTS: Partial<Record<TaskName, Record<string, unknown>>> = {
  'token-classification': { offset_unit: 'codepoint' },
  'question-answering': { offset_unit: 'codepoint' },
};

/** Parameters for the engine; those in `parameters` win over those beside it. */
export function taskParameters(
  request: Omit<PredictRequest, 'inputs'>,
  task: TaskName | undefined,
): Record<string, unknown> {
  const { truncate, truncation_direction, normalize, prompt_name, dimensions, parameters } = request;
  const beside = { truncate, normalize, prompt_name, dimensions };
  return {
    ...(task && DEFAULTS[task]),
    ...Object.fromEntries(
      Object.entries(beside).filter(([, value]) => value !== undefined && value !== null),
    ),
    ...(truncation_direction?.toLowerCase() === 'left' && { truncation_direction: 'left' }),
    ...parameters,
  };
}
