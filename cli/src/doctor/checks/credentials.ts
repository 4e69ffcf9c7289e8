import { type Check, failure, ok, unknown, warning } from '../finding.ts';

const SIGN_IN = 'sign in with `aws sso login`, or set AWS_PROFILE';

/** Nothing of a credential but where it was found is in a finding. */
export const credentials: Check = {
  name: 'aws-credentials',
  judge({ aws, now }) {
    if (aws === undefined) return unknown('not looked for');
    const { credentials: found, expires, fault } = aws;
    if (found === undefined) {
      return warning(
        `none were found (${fault ?? 'the SDK gave no reason'})`,
        `to deploy, or to read from S3, ${SIGN_IN}; nothing else needs them`,
      );
    }
    if (expires !== undefined && expires <= now) return failure(`${found}: they have expired`, SIGN_IN);
    return ok(`found, ${found}`);
  },
};
