import { type Check, ok, warning } from '../finding.ts';

export const cores: Check = {
  name: 'cores',
  judge({ system: { cores: count, quota } }) {
    const found = `${count} ${count === 1 ? 'core' : 'cores'}`;
    if (quota === undefined || Math.ceil(quota) >= count) return ok(found);
    return warning(
      `${found}, of which the control group allows the time of ${quota.toFixed(1)}`,
      `more threads than that wait for each other: start the server with PILOTLIGHT_INTRA_OP_THREADS=${Math.max(1, Math.floor(quota))}`,
    );
  },
};
