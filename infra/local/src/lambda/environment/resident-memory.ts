/** Watches the resident memory of a process against a limit. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Linux tells at once, elsewhere `ps` has to be asked. */
const LINUX = process.platform === 'linux';
const INTERVAL_MS = LINUX ? 5 : 250;
const KIBIBYTES_PER_MEGABYTE = 1024;
const run = promisify(execFile);

export interface MemoryWatch {
  /** Megabytes (2^20 bytes), rounded up: the most up to now. */
  peak(): number;
  /** True once the limit was passed. */
  passed(): boolean;
  pause(): void;
  resume(): void;
  end(): void;
}

/** Calls `exceeded` once, as soon as the process has held more than `limitMegabytes`. */
export function watchMemory(pid: number, limitMegabytes: number, exceeded: () => void): MemoryWatch {
  let peak = 0;
  let passed = false;
  let timer: NodeJS.Timeout | undefined;
  const note = (kibibytes: number) => {
    peak = Math.max(peak, kibibytes / KIBIBYTES_PER_MEGABYTE);
    if (peak <= limitMegabytes || passed) return;
    passed = true;
    exceeded();
  };
  const sample = () => {
    if (LINUX) note(readPeak(pid));
    else void readResident(pid).then(note);
  };
  const pause = () => clearInterval(timer);
  const resume = () => {
    pause();
    timer = setInterval(sample, INTERVAL_MS).unref();
  };
  resume();
  return {
    peak: () => Math.ceil(peak),
    passed: () => passed,
    pause: () => {
      if (LINUX) note(readPeak(pid));
      pause();
    },
    resume,
    end: pause,
  };
}

/** KiB: the high-water mark that the kernel keeps, in which no spike between two samples is missed. */
function readPeak(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** KiB. */
async function readResident(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return Number(stdout.trim());
}
