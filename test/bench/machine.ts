import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { z } from 'zod';
import { ROOT } from './paths.ts';

/** The facts that a measured number depends on, besides the code. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** The instruction sets that int8 products profit from. */
  readonly instructions: readonly string[];
  readonly node: string;
  readonly onnxruntime: string;
  readonly transformersJs: string;
  readonly commit: string;
  /** True where tracked or untracked files differed from the commit. */
  readonly dirty: boolean;
  readonly date: string;
  /** Processes that ran or waited to run, averaged over the minute before; more than none is noise. */
  readonly load?: number;
}

const INSTRUCTIONS = ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni', 'amx_int8', 'asimddp', 'i8mm', 'sve'];

export function describeMachine(): Machine {
  return {
    cpu: cpuModel(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    instructions: instructionSets(),
    node: process.versions.node,
    onnxruntime: installedVersion('onnxruntime-node'),
    transformersJs: installedVersion('@huggingface/transformers'),
    commit: git('rev-parse', '--short=12', 'HEAD') || 'none',
    dirty: git('status', '--porcelain') !== '',
    date: new Date().toISOString().slice(0, 10),
    load: loadavg()[0] ?? 0,
  };
}

/** Hypervisors often shorten the name ("AMD EPYC"); family and model still tell the generation. */
function cpuModel(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  const facts = procCpuinfo();
  const family = /^cpu family\s*:\s*(\d+)/m.exec(facts)?.[1];
  const model = /^model\s*:\s*(\d+)/m.exec(facts)?.[1];
  return family === undefined ? name : `${name} (family ${family}, model ${model})`;
}

function instructionSets(): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(procCpuinfo())?.[1]?.split(' '));
  return INSTRUCTIONS.filter((name) => flags.has(name));
}

function procCpuinfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

function installedVersion(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      return z
        .object({ version: z.string() })
        .parse(JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8'))).version;
    } catch {}
  }
  return 'unknown';
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
