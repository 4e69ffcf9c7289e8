import type { DiskFacts } from '../facts.ts';
import { type Check, type Finding, failure, gigabytes, ok, unknown, warning } from '../finding.ts';

/** A package, its source and what is staged of a model of 22 million parameters take 0.3 GB. */
const LEAST = 500e6;
const LITTLE = 5e9;

export const disk: Check = {
  name: 'disk',
  judge({ disks }) {
    const findings = disks.map(judgeOne);
    for (const status of ['failure', 'warning'] as const) {
      const found = findings.find((finding) => finding.status === status);
      if (found !== undefined) return found;
    }
    if (findings.length === 0) return unknown('no folder was looked at');
    return ok(
      disks
        .map(({ use, free }) => `${use}: ${free === undefined ? 'unknown' : gigabytes(free)} free`)
        .join(', '),
    );
  },
};

function judgeOne({ use, path, free, writable }: DiskFacts): Finding {
  if (!writable)
    return failure(
      `${use}: ${path} cannot be written`,
      'give this user the right to write there, or name another folder',
    );
  if (free === undefined) return ok(use);
  const found = `${use}: ${gigabytes(free)} free at ${path}`;
  if (free < LEAST) return failure(found, 'make room: a small model takes 0.3 GB to package');
  return free < LITTLE ? warning(found, 'a model of a gigabyte takes three to package') : ok(found);
}
