import { type Check, failure, ok, warning } from '../finding.ts';

/** `engines` of package.json. */
const OLDEST = 22;
/** The version that Lambda runs, and that scripts of a clone run on. */
const SERVED = 24;

export const node: Check = {
  name: 'node',
  judge({ system: { node: version } }) {
    const major = Number(version.split('.', 1)[0]);
    if (major < OLDEST)
      return failure(version, `install Node ${SERVED}; ${OLDEST} is the oldest that is supported`);
    if (major % 2 === 1)
      return warning(version, `odd versions of Node are never supported for long: install Node ${SERVED}`);
    return ok(major === SERVED ? version : `${version}; Lambda runs ${SERVED}`);
  },
};
