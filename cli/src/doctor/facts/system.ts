/** Facts about the machine: what the kernel tells in files, and Node. */
import { availableParallelism, totalmem } from 'node:os';
import type { Facts, MemoryFacts, SystemFacts } from '../facts.ts';

/** Reads a file of the kernel; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

export function readSystem(read: ReadText): SystemFacts {
  return {
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    glibc: readGlibc(),
    instructions: readInstructions(read('/proc/cpuinfo')),
    cores: availableParallelism(),
    quota: readQuota(read),
  };
}

export function readMemory(): MemoryFacts {
  // libuv reads both versions of control groups; without a limit it says 0, or more than there is.
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    total,
    limit: limit > 0 && limit < total ? limit : undefined,
    available: process.availableMemory(),
  };
}

function readGlibc(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Else names are looked up for every connection that is open. Types of Node lack it.
  Reflect.set(process.report, 'excludeNetwork', true);
  const report: { header?: { glibcVersionRuntime?: string } } = process.report.getReport();
  return report.header?.glibcVersionRuntime;
}

/** The flags of the first processor: `flags` of x86, `Features` of Arm. */
export function readInstructions(cpuinfo: string | undefined): readonly string[] | undefined {
  return /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo ?? '')?.[1]?.split(' ');
}

/** `Max open files  1024  4096  files` */
export function readOpenFiles(limits: string | undefined): Facts['openFiles'] {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits ?? '') ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  return { soft: toNumber(soft), hard: toNumber(hard) };
}

const toNumber = (limit: string): number =>
  limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);

/** Processors' time a control group may take, of both versions of control groups; undefined where there is no limit. */
export function readQuota(read: ReadText): number | undefined {
  const groups = read('/proc/self/cgroup') ?? '';
  const second = /^0::(.*)$/m.exec(groups)?.[1];
  const first = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const quotas = [
    ...folders('/sys/fs/cgroup', second).map((folder) => read(`${folder}/cpu.max`)?.trim().split(' ')),
    ...folders('/sys/fs/cgroup/cpu', first).map((folder) => [
      read(`${folder}/cpu.cfs_quota_us`)?.trim(),
      read(`${folder}/cpu.cfs_period_us`)?.trim(),
    ]),
  ].flatMap((pair) => {
    const [quota, period] = (pair ?? []).map(Number);
    return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : [];
  });
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** The folder of a group and those above it: each may have a limit. Inside of a container the path leads nowhere, and its own is at the top. */
function folders(root: string, path: string | undefined): string[] {
  if (path === undefined) return [];
  const parts = path.split('/').filter((part) => part !== '');
  return [root, ...parts.map((_, index) => `${root}/${parts.slice(0, index + 1).join('/')}`)];
}
