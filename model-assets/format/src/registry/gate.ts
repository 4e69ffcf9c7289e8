/** What a gate said of a package: `accuracy>=0.9`, judged on a dataset. `models eval` writes it, and whoever promotes reads it. */
import * as z from 'zod/mini';
import { positiveInt, sha256Schema, text } from '../manifest/common.ts';

export const gateResultSchema = z.strictObject({
  /** As the user wrote it: `accuracy>=0.9`. */
  gate: text.check(z.maxLength(200)),
  /** @default - the metric could not be measured, and the gate has not passed */
  value: z.optional(z.number()),
  passed: z.boolean(),
  dataset: z.strictObject({
    name: text.check(z.maxLength(500)),
    /** Of the bytes of the file. */
    sha256: sha256Schema,
    rows: positiveInt,
  }),
  /** The package that was judged: the sha256 of its model.json. */
  manifestSha256: sha256Schema,
});
export type GateResult = z.infer<typeof gateResultSchema>;
