import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';

/**
 * Threads for one operator: as many as the function's memory buys, a part of one counting as one, and never
 * more than there are cores. Without a memory size, one for each core.
 */
export function intraOpThreads(memoryMegabytes: number | undefined, cores: number): number {
  if (memoryMegabytes === undefined) return cores;
  return Math.max(1, Math.min(Math.ceil(memoryMegabytes / MEGABYTES_PER_VCPU), cores));
}
