/** The words between the process that started S3 and the process that S3 runs in. */
import { z } from 'zod';

export const orderSchema = z.object({
  bucket: z.string(),
  folder: z.string(),
  port: z.object({ wanted: z.number(), elseFree: z.boolean().optional() }).optional(),
  allowedHosts: z.array(z.string()).readonly().optional(),
});
export type Order = z.infer<typeof orderSchema>;

export const reportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('listening'), endpoint: z.string() }),
  z.object({ kind: z.literal('not-started'), code: z.string(), message: z.string() }),
  z.object({ kind: z.literal('notification'), notification: z.string() }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
export type Report = z.infer<typeof reportSchema>;
