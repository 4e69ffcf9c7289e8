import { type Check, failure, ok, unknown, warning } from '../finding.ts';

/** Requests that are signed more than five minutes before or after are refused (Signature Version 4). */
const REFUSED_MS = 5 * 60_000;
const NOTABLE_MS = 30_000;
const ADVICE = 'set the clock by a time server: timedatectl set-ntp true, or chronyc makestep';

export const clock: Check = {
  name: 'clock',
  judge({ clock: { skewMs, asked } }) {
    if (skewMs === undefined) return unknown(`not checked: ${asked}`);
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const found =
      seconds <= 2 ? `agrees with ${asked}` : `${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} ${asked}`;
    if (Math.abs(skewMs) >= REFUSED_MS) return failure(found, `AWS refuses what is signed by it: ${ADVICE}`);
    return Math.abs(skewMs) >= NOTABLE_MS ? warning(found, ADVICE) : ok(found);
  },
};
