/** Checks that the formats share: a body against its schema, and the limits on its content. */
import { EngineError } from '@pilotlight/engine';
import { parseUntilFault } from '@pilotlight/model-format';
import { explainIssue } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';
import { HttpError } from '../errors.ts';
import type { Limits } from '../limits.ts';

const MAX_FIELD = 100;

/**
 * `hint` follows the name of a field that the schema does not have.
 *
 * @throws EngineError INVALID_INPUT with `field`
 */
export function parseBody<T>(
  schema: z.ZodMiniType<T>,
  body: unknown,
  hint: (field: string) => string = () => '',
): T {
  const parsed = parseUntilFault(schema, body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys?.[0]?.slice(0, MAX_FIELD) : undefined;
  if (unknownKey !== undefined) throw refuseField(unknownKey, `is not known${hint(unknownKey)}`);
  const field = issue?.path.map(String).join('.') || 'body';
  throw refuseField(field, explainIssue(issue));
}

/** A name that the client made up is cut, so that a refusal is never as large as the body. */
export function refuseField(name: string, reason: string): EngineError {
  const field = name.slice(0, MAX_FIELD);
  return new EngineError('INVALID_INPUT', `${field}: ${reason}.`, { details: { field } });
}

export function refuseEmpty(field: string): HttpError {
  return new HttpError('EMPTY_INPUT', `${field}: must not be empty.`, { details: { field } });
}

/** The sentences or texts of an input count one by one. @throws EngineError INVALID_INPUT, HttpError TOO_MANY_INPUTS */
export function checkInputs(inputs: unknown, limits: Pick<Limits, 'maxInputs'>): void {
  const list: unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  if (list.length === 0) throw refuseField('inputs', 'must not be empty');
  let count = 0;
  for (const input of list) count += countInputs(input);
  checkCount(count, limits);
}

/** @throws HttpError TOO_MANY_INPUTS */
export function checkCount(count: number, { maxInputs }: Pick<Limits, 'maxInputs'>): void {
  if (count <= maxInputs) return;
  throw new HttpError('TOO_MANY_INPUTS', `${count} inputs in one call; at most ${maxInputs} are taken.`, {
    details: { field: 'inputs', inputs: count, maxInputs },
  });
}

function countInputs(input: unknown): number {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return 1;
  const lists = ['sentences', 'texts'].flatMap((key) => {
    const value: unknown = Object.hasOwn(input, key) ? Reflect.get(input, key) : undefined;
    return Array.isArray(value) ? [value.length] : [];
  });
  return Math.max(1, ...lists);
}

/** @throws HttpError TOO_MANY_LABELS */
export function checkLabels(
  parameters: Readonly<Record<string, unknown>>,
  { maxCandidateLabels }: Limits,
): void {
  const { candidate_labels } = parameters;
  const labels = countLabels(candidate_labels);
  if (labels <= maxCandidateLabels) return;
  throw new HttpError(
    'TOO_MANY_LABELS',
    `${labels} candidate labels in one call; at most ${maxCandidateLabels} are taken.`,
    { details: { field: 'parameters.candidate_labels', labels, maxLabels: maxCandidateLabels } },
  );
}

/** A text names labels with commas between them; it is not split, because it may have a million. */
function countLabels(labels: unknown): number {
  if (Array.isArray(labels)) return labels.length;
  if (typeof labels !== 'string') return 0;
  let count = 1;
  for (let i = 0; i < labels.length; i++) count += labels[i] === ',' ? 1 : 0;
  return count;
}
