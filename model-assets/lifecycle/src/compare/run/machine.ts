/** The machine on which something was measured or answered. */
import { cpus } from 'node:os';
import { RUNTIME_VERSION } from '@pilotlight/toolchain/internal/stages/optimise';
import * as z from 'zod';

export const machineSchema = z.strictObject({
  platform: z.string(),
  architecture: z.string(),
  processor: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  /** Threads of one operator. */
  threads: z.number(),
});

export type Machine = Readonly<z.infer<typeof machineSchema>>;

/** This machine. */
export function describeMachine(threads = cpus().length): Machine {
  return {
    platform: process.platform,
    architecture: process.arch,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    onnxruntime: RUNTIME_VERSION,
    threads: Math.min(threads, cpus().length),
  };
}
