/** The environment variables of the choice. */
import * as z from 'zod/mini';

export const executionProviderSettings = {
  /** The provider to use. @default - the first of cuda, webgpu and cpu that works */
  PILOTLIGHT_EXECUTION_PROVIDER: z.optional(z.enum(['cuda', 'webgpu', 'cpu'], 'must be cuda, webgpu or cpu')),
  /** Whether the server refuses to start on the CPU. */
  PILOTLIGHT_REQUIRE_GPU: z._default(
    z.pipe(
      z.enum(['1', 'true', '0', 'false'], 'must be 1 or 0'),
      z.transform((value) => value === '1' || value === 'true'),
    ),
    false,
  ),
};
