import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { node, run } from './command.ts';
import { startServer } from './server.ts';

const PACKAGES = join(import.meta.dirname, '../../model-assets/packages');
const reportSchema = z.object({
  chosen: z.enum(['cuda', 'webgpu', 'cpu']).optional(),
  requirements: z.array(z.object({ of: z.string(), wanted: z.string(), met: z.boolean() })),
});

async function report(env: Readonly<Record<string, string>>) {
  const { code, stdout } = await run([...node('functions/server/provider-report.ts'), '--json'], { env });
  return { code, ...reportSchema.parse(JSON.parse(stdout)) };
}

describe('on a machine with or without a GPU', () => {
  test('the report says what each provider wants, and fails where a GPU is required and there is none', async () => {
    const { code, chosen, requirements } = await report({ PILOTLIGHT_REQUIRE_GPU: '1' });
    expect(requirements[0]).toMatchObject({ of: 'cuda', wanted: expect.stringContaining('or later') });
    expect(code).toBe(chosen === undefined ? 1 : 0);
    expect(await report({ PILOTLIGHT_EXECUTION_PROVIDER: 'cpu' })).toEqual({
      code: 0,
      chosen: 'cpu',
      requirements: [],
    });
  });

  test('the server refuses to start where a GPU is required and the CPU is asked for, and prints the report', async () => {
    const env = {
      PILOTLIGHT_REQUIRE_GPU: '1',
      PILOTLIGHT_EXECUTION_PROVIDER: 'cpu',
      PILOTLIGHT_MODELS_DIR: PACKAGES,
      PILOTLIGHT_PORT: '0',
    };
    const { code, stderr } = await run(node('functions/server/server.ts'), { env });
    expect(code).toBe(1);
    expect(stderr).toContain('Execution provider: none');
    expect(stderr).toContain('PILOTLIGHT_REQUIRE_GPU is set, and no GPU can be used here.');
    expect(stderr).not.toContain('"Listening"');
  });

  test('the server says which variant of each model runs on what', async () => {
    const env = {
      PILOTLIGHT_EXECUTION_PROVIDER: 'cpu',
      PILOTLIGHT_MODELS_DIR: PACKAGES,
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    };
    const server = await startServer(env);
    expect(server.log()).toMatch(/"Execution provider".*"chosen":"cpu","forced":true/);
    const models = '"models":[{"model":"sentiment@1.0.1","variant":"int8","provider":"cpu"}]';
    await expect.poll(() => server.log()).toContain(models);
    expect(await server.metrics()).toContain('te_execution_provider{provider="cpu"} 1');
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  test('the settings of the choice are checked with all others', async () => {
    const env = {
      PILOTLIGHT_EXECUTION_PROVIDER: 'tpu',
      PILOTLIGHT_REQUIRE_GPU: 'maybe',
      PILOTLIGHT_PORT: '70000',
    };
    const { code, stderr } = await run(node('functions/server/server.ts'), { env });
    expect(code).toBe(1);
    expect(stderr).toContain('PILOTLIGHT_EXECUTION_PROVIDER: must be cuda, webgpu or cpu');
    expect(stderr).toContain('PILOTLIGHT_REQUIRE_GPU: must be 1 or 0');
    expect(stderr).toContain('PILOTLIGHT_PORT: must be');
  });
});
