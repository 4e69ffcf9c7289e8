import { type Check, ok, unknown, warning } from '../finding.ts';

export const region: Check = {
  name: 'aws-region',
  judge({ aws }) {
    if (aws === undefined) return unknown('not looked for');
    return aws.region === undefined
      ? warning('none is set', 'to deploy, or to read from S3, set AWS_REGION or the region of the profile')
      : ok(aws.region);
  },
};
