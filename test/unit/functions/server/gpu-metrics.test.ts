import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GpuMetrics } from '../../../../functions/server/metrics/gpu-metrics.ts';

let folder: string;
let metrics: GpuMetrics | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-gpu-'));
});
afterEach(() => {
  metrics?.stop();
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** A program in place of nvidia-smi. */
function saying(script: string): string {
  const file = join(folder, 'nvidia-smi');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function rendered(command: string): Promise<string> {
  metrics = new GpuMetrics(command);
  await metrics.watch();
  return metrics.render();
}

describe('the metrics of a server', () => {
  test('have memory in bytes and load as a share of every GPU', async () => {
    const command = saying("printf 'GPU-aa, 37, 1024, 23034\\nGPU-bb, 0, 1, 23034\\n'");
    expect(await rendered(command)).toBe(`# HELP nv_gpu_utilization Share of the time in which the GPU worked.
# TYPE nv_gpu_utilization gauge
nv_gpu_utilization{gpu_uuid="GPU-aa"} 0.37
nv_gpu_utilization{gpu_uuid="GPU-bb"} 0
# HELP nv_gpu_memory_used_bytes Memory of the GPU in use.
# TYPE nv_gpu_memory_used_bytes gauge
nv_gpu_memory_used_bytes{gpu_uuid="GPU-aa"} ${1024 * 2 ** 20}
nv_gpu_memory_used_bytes{gpu_uuid="GPU-bb"} ${2 ** 20}
# HELP nv_gpu_memory_total_bytes Memory of the GPU.
# TYPE nv_gpu_memory_total_bytes gauge
nv_gpu_memory_total_bytes{gpu_uuid="GPU-aa"} ${23034 * 2 ** 20}
nv_gpu_memory_total_bytes{gpu_uuid="GPU-bb"} ${23034 * 2 ** 20}
`);
  });

  test('ask for just what they show, without units', async () => {
    const command = saying('echo "$@" > "$0.asked"; printf "GPU-aa, 1, 1, 1\\n"');
    await rendered(command);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(`${command}.asked`, 'utf8')).toBe(
      '--query-gpu=uuid,utilization.gpu,memory.used,memory.total --format=csv,noheader,nounits\n',
    );
  });

  test('leave out what a device does not tell', async () => {
    const text = await rendered(saying("printf 'GPU-aa, [N/A], 1024, 23034\\n'"));
    expect(text).not.toContain('nv_gpu_utilization');
    expect(text).toContain('nv_gpu_memory_used_bytes{gpu_uuid="GPU-aa"}');
  });

  test.each([
    ['is not there', () => join(folder, 'none')],
    ['fails', () => saying('echo "Failed to initialize NVML" >&2; exit 9')],
    ['says something else', () => saying('echo "No devices were found"')],
  ])('say nothing of GPUs where nvidia-smi %s', async (_what, command) => {
    expect(await rendered(command())).toBe('');
  });

  test('forget what they said once nvidia-smi fails, instead of repeating it for ever', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const command = saying("printf 'GPU-aa, 37, 1024, 23034\\n'");
    expect(await rendered(command)).not.toBe('');
    saying('exit 1');
    vi.advanceTimersByTime(15_000);
    await vi.waitFor(() => expect(metrics?.render()).toBe(''));
  });
});
