/** Runs Node on an emulated processor: QEMU's user mode, in a mount namespace that has files of that processor. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchNode } from './node-arm64.ts';
import type { Processor } from './processors.ts';

/** Ubuntu's libraries of arm64 (libc6-arm64-cross, libstdc++6-arm64-cross). */
const CROSS_LIBRARIES = '/usr/aarch64-linux-gnu';
/** The loader of arm64, where Debian's own packages of that architecture are installed beside those of the host. */
const LOADER = '/lib/ld-linux-aarch64.so.1';
/** An emulated process is 5 to 20 times as slow. */
const TIME_LIMIT_MS = 600_000;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Emulator {
  /** Runs Node with these arguments, of which the first is a script. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Outcome>;
  dispose(): Promise<void>;
}

/** What this machine lacks to emulate the processor; undefined where it has everything. */
export function findObstacle({ qemu, architecture }: Processor): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it needs Linux on x64';
  const [program] = qemu;
  if (spawnSync(program, ['--version']).status !== 0) return `${program} is missing (qemu-user-static)`;
  if (architecture === 'arm64' && !existsSync(LOADER) && !existsSync(CROSS_LIBRARIES)) {
    return 'libraries of arm64 are missing (libc6-arm64-cross and libstdc++6-arm64-cross)';
  }
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'a mount namespace needs root';
  return undefined;
}

/** Prepares the processor. Node for arm64 is fetched from npm, once. */
export async function emulate(processor: Processor): Promise<Emulator> {
  const node = processor.architecture === 'arm64' ? await fetchNode() : process.execPath;
  const folder = await mkdtemp(join(tmpdir(), 'pilotlight-processor-'));
  const cpuinfo = join(folder, 'cpuinfo');
  await writeFile(cpuinfo, processor.cpuinfo());
  const script = join(folder, 'start.sh');
  await writeFile(script, startScript(processor, cpuinfo));
  return {
    run: (args, environment = {}) =>
      new Promise((resolve) => {
        const command = ['--mount', 'sh', script, ...processor.qemu, node, ...args];
        const options = {
          env: { PATH: process.env.PATH, HOME: process.env.HOME, ...libraries(processor), ...environment },
          timeout: TIME_LIMIT_MS,
          maxBuffer: 2 ** 26,
        };
        execFile('unshare', command, options, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
        });
      }),
    dispose: () => rm(folder, { recursive: true }),
  };
}

function libraries({ architecture }: Processor): Record<string, string> {
  return architecture === 'arm64' && !existsSync(LOADER) ? { QEMU_LD_PREFIX: CROSS_LIBRARIES } : {};
}

/** Mounts what the processor's system has, and becomes the command that follows. */
function startScript({ hidesSys }: Processor, cpuinfo: string): string {
  return `set -e
mount --bind '${cpuinfo}' /proc/cpuinfo
${hidesSys ? 'mount -t tmpfs none /sys/devices/system/cpu' : ''}
exec "$@"
`;
}
