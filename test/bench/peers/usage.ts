/** What a process has used, as Linux counts it for all of its threads. */
import { readFileSync } from 'node:fs';

/** Linux counts the time of a process in hundredths of a second (`getconf CLK_TCK`, 100 on every supported system). */
const MILLISECONDS_PER_TICK = 10;
const PAGES_OF_KIB = 1024;

export interface Memory {
  /** Bytes that are resident now. */
  readonly resident: number;
  /** The most bytes that were resident at any time. */
  readonly peak: number;
}

/** CPU milliseconds of all threads, in user and in kernel mode, in steps of 10. @throws ENOENT once the process has ended */
export function cpuMilliseconds(pid: number): number {
  return parseCpu(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** @throws ENOENT once the process has ended */
export function memoryOf(pid: number): Memory {
  return parseMemory(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** `utime` and `stime` of proc_pid_stat(5); the name before them may hold spaces and brackets. */
export function parseCpu(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MILLISECONDS_PER_TICK;
}

/** `VmRSS` and `VmHWM` of proc_pid_status(5). */
export function parseMemory(status: string): Memory {
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * PAGES_OF_KIB;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}
