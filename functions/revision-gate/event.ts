/** The event of a custom resource, as CloudFormation sends it, and the answer that it waits for. */
import { explainIssue, PilotlightError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';

const text = z.string('is missing').check(z.minLength(1, 'is empty'));
/** CloudFormation turns every property into text. */
const numberAsText = z.pipe(
  z.string('is missing').check(z.regex(/^\d+(\.\d+)?$/, 'must be a number')),
  z.transform(Number),
);

/** Where CloudFormation reads the answer, and of which resource it is. */
const envelopeSchema = z.object({
  ResponseURL: z.url('must be a URL'),
  StackId: text,
  RequestId: text,
  LogicalResourceId: text,
});
export type Envelope = z.infer<typeof envelopeSchema>;

const checkSchema = z.object({
  /** Domain of the endpoint that serves the new revision, and nobody but this function. */
  Domain: text,
  RevisionId: text,
  /** How many models must answer as their goldens say. */
  Models: numberAsText,
  /** Deviation of goldens over their tolerance that is accepted. */
  ToleratedDrift: numberAsText,
});
export type Check = z.infer<typeof checkSchema>;

export class RevisionGateError extends PilotlightError<'INVALID_EVENT'> {
  override readonly name = 'RevisionGateError';
}

/** @throws RevisionGateError INVALID_EVENT for an event that cannot be answered, because nobody waits for an answer */
export function parseEnvelope(event: unknown): Envelope {
  return parse(envelopeSchema, event, "The event is not CloudFormation's");
}

/** A resource that goes has nothing to check. @throws RevisionGateError INVALID_EVENT */
export function parseCheck(event: unknown): Check | undefined {
  const { RequestType, ResourceProperties } = Object(event);
  return RequestType === 'Delete'
    ? undefined
    : parse(checkSchema, ResourceProperties, 'The properties of the custom resource are not complete');
}

function parse<Schema extends z.ZodMiniType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'} ${explainIssue(issue)}`);
  throw new RevisionGateError('INVALID_EVENT', `${what}: ${issues.join('; ')}.`);
}
