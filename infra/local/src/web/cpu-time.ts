import { readFileSync } from 'node:fs';

/** Linux counts in these, whatever its kernel was built with: sysconf(_SC_CLK_TCK). */
const MILLISECONDS_PER_TICK = 10;
/** utime and stime are the 14th and 15th field of /proc/<pid>/stat, counted from 1; the name before them may have blanks. */
const AFTER_NAME = { utime: 11, stime: 12 };

/** Milliseconds that all threads of a process have run. Undefined where this system does not say, or the process is gone. */
export function cpuMilliseconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[AFTER_NAME.utime]) + Number(fields[AFTER_NAME.stime])) * MILLISECONDS_PER_TICK;
  } catch {
    return undefined;
  }
}
