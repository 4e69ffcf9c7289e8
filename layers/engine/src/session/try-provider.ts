/** Finds out whether an execution provider works here, in a process of its own, because a driver may crash or hang. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionProvider, ProviderTrial } from '../ports.ts';
import { siblingModule } from './sibling-module.ts';

/** The first use of CUDA opens libraries of some gigabytes, and may compile kernels for a new device. */
const TIME_LIMIT_MS = 60_000;

/** Runs a tiny half-precision graph on `provider`, and on nothing else. */
export function tryProvider(
  provider: ExecutionProvider,
  { timeLimitMs = TIME_LIMIT_MS }: { readonly timeLimitMs?: number } = {},
): Promise<ProviderTrial> {
  const start = performance.now();
  const entry = fileURLToPath(siblingModule('provider-trial', import.meta.url));
  return new Promise((resolve) => {
    const limits = { timeout: timeLimitMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const;
    execFile(process.execPath, [entry, provider], limits, (error, stdout, stderr) => {
      const ms = performance.now() - start;
      // A provider that works and crashes as it ends has answered.
      if (stdout === 'works') return resolve({ provider, works: true, ms });
      const reason = error?.killed
        ? `it gave no answer in ${timeLimitMs / 1_000} s`
        : (findReason(stderr) ?? `its process ended with ${error?.signal ?? error?.code ?? 0}`);
      return resolve({ provider, works: false, ms, reason });
    });
  });
}

/** Finds the reason in the output: the library that the system's loader misses, else the last line, which says most. */
function findReason(stderr: string): string | undefined {
  const missing = /\S+: cannot open shared object file/.exec(stderr)?.[0];
  if (missing !== undefined) return missing;
  const lines = stderr.split('\n').map(withoutOrigin);
  return lines.findLast((line) => line !== '');
}

/** `/path/of/source.cc:136 function(arguments) what happened` to `what happened`, without colours. */
function withoutOrigin(line: string): string {
  const plain = line.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g'), '');
  return plain.replace(/^\/\S+:\d+ .*\)(?:::<lambda\(\)>)? /, '').trim();
}

/** The folder of ONNX Runtime's own libraries, where those of its execution providers belong too. */
export function runtimeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return join(dirname(entry), 'bin/napi-v6', process.platform, process.arch);
}
