/** goldens.jsonl: a header, then one golden a line. Inputs, token ids and fp32 outputs that a package must give. */
import type { TokenRequest } from '@pilotlight/engine';
import * as z from 'zod';
import { ToolchainError } from '../errors.ts';

const headerSchema = z.strictObject({
  goldens: z.literal(1),
  /** Largest absolute difference from an fp32 output that is accepted, for each variant. */
  tolerance: z.record(z.string(), z.number().positive()),
});

const goldenOutputSchema = z.strictObject({
  /** Shape of the whole output: `[labels]`, `[tokens, labels]` or `[tokens, hidden]`. */
  dims: z.array(z.int().nonnegative()).min(1),
  /** The first values of the output in row-major order, whole rows of it. */
  values: z.array(z.number()),
  /** Of logits: for each row the index of the largest, and how far the second is below it. */
  top: z.array(z.tuple([z.int().nonnegative(), z.number().nonnegative()])).optional(),
});
export type GoldenOutput = z.infer<typeof goldenOutputSchema>;

const goldenSchema = z.strictObject({
  text: z.string(),
  pair: z.string().optional(),
  ids: z.array(z.int().nonnegative()).min(1),
  outputs: z.partialRecord(z.enum(['logits', 'hidden_states', 'embeddings']), goldenOutputSchema),
});
export type Golden = z.infer<typeof goldenSchema>;

export interface Goldens {
  readonly tolerance: Readonly<Record<string, number>>;
  readonly goldens: readonly Golden[];
}

/** What a golden asks of the model. */
export function requestOfGolden({ text, pair }: Golden): TokenRequest {
  return pair === undefined ? { text } : { text, pair };
}

export function formatGoldens({ tolerance, goldens }: Goldens): string {
  return [{ goldens: 1, tolerance }, ...goldens].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Throws VERIFY_FAILED with the number of the line that is not as this file writes it. */
export function parseGoldens(content: string): Goldens {
  const [header, ...goldens] = content.trimEnd().split('\n');
  const { tolerance } = parseLine(headerSchema, header ?? '', 1);
  return { tolerance, goldens: goldens.map((line, index) => parseLine(goldenSchema, line, index + 2)) };
}

function parseLine<Value>(schema: z.ZodType<Value>, line: string, number: number): Value {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw invalid(number, 'it is not JSON', cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(number, `${issue?.path.join('.')}: ${issue?.message}`);
}

function invalid(line: number, reason: string, cause?: unknown): ToolchainError {
  return new ToolchainError('VERIFY_FAILED', `Line ${line} of the goldens is not valid: ${reason}.`, {
    cause,
  });
}
