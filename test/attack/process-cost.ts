/** What a process costs the machine, as Linux counts it: tests that measure it are skipped elsewhere. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export const isMeasurable = process.platform === 'linux';

/** Milliseconds of processor time of all threads that live. */
export function cpuMs(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const [spent = ''] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(spent);
  });
  return nanoseconds.reduce((sum, own) => sum + own, 0) / 1e6;
}

/** Makes the memory that the process has now its peak. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Megabytes that are resident, now and at their peak. */
export function residentMb(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1000;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}
