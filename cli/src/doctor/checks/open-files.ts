import { type Check, failure, ok, unknown, warning } from '../finding.ts';

/** Node, the runtime and a model have some fifty open. */
const LEAST = 128;
/** Each client of the server takes one. */
const SERVER = 4096;

export const openFiles: Check = {
  name: 'open-files',
  judge({ openFiles: limits }) {
    if (limits === undefined) return unknown('the system does not tell');
    const { soft, hard } = limits;
    const found = `${Number.isFinite(soft) ? soft : 'any number'} at once`;
    const raise =
      hard > soft
        ? `ulimit -n ${Number.isFinite(hard) ? hard : 65_536}`
        : 'the limit in /etc/security/limits.conf, or docker run --ulimit nofile=65536';
    if (soft < LEAST) return failure(found, `a model may not open: raise it with ${raise}`);
    return soft < SERVER
      ? warning(
          found,
          `each connection to the server takes one: before it serves many, raise it with ${raise}`,
        )
      : ok(found);
  },
};
