import { type TaskName, taskFor } from '@pilotlight/engine';

/**
 * Parameters of a file as the engine takes them. Results count characters in code points unless the file says otherwise,
 * because those who read them are mostly Python programs; the engine itself counts UTF-16 units.
 */
export function fileParameters(
  task: TaskName,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return taskFor(task).alignment ? { offset_unit: 'codepoint', ...given } : given;
}
