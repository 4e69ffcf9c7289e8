import { describe, expect, it } from 'vitest';
import { cpuMilliseconds, memoryOf, parseCpu, parseMemory } from '../../../bench/peers/usage.ts';

describe('the usage of a process', () => {
  it('counts user and system time, whatever the name of the program', () => {
    const name = 'a (strange) 1 2 3 name';
    expect(parseCpu(`42 (${name}) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 5 0 900 1 2`)).toBe(3000);
  });

  it('reads resident memory and its peak in bytes', () => {
    expect(parseMemory('Name:\tnode\nVmHWM:\t  2000 kB\nVmRSS:\t  1000 kB\n')).toEqual({
      resident: 1_024_000,
      peak: 2_048_000,
    });
  });

  it.runIf(process.platform === 'linux')('is what Node says of this very process', () => {
    const { user, system } = process.cpuUsage();
    expect(Math.abs(cpuMilliseconds(process.pid) - (user + system) / 1000)).toBeLessThan(1000);
    const { resident, peak } = memoryOf(process.pid);
    expect(resident).toBeGreaterThan(10e6);
    expect(peak).toBeGreaterThanOrEqual(resident);
  });

  it('cannot be asked of a process that has ended', () => {
    expect(() => cpuMilliseconds(2 ** 30)).toThrow(/ENOENT/);
  });
});
