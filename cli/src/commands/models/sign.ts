import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/sign-options.ts';

export const command = defineCommand({
  summary: 'sign packages, so that deployments can refuse those that nobody vouches for',
  usage: ['NAME@VERSION... --key FILE | --kms KEY [OPTIONS]', '--new-key FILE'],
  description:
    'Proves each package as verify does, and adds a signature to the file signature.json beside its model.json. A signature counts for one name, one version and the very bytes that were signed. Deployments with the public key in packages.signedBy, or in PILOTLIGHT_SIGNED_BY, serve signed packages alone.',
  options: OPTIONS,
  examples: [
    'pilotlight models sign --new-key release.pem > release.pub.pem',
    'pilotlight models sign sentiment@1.0.1 --key release.pem',
    'pilotlight models sign sentiment@1.0.1 --kms alias/pilotlight-release',
    'pilotlight models verify sentiment@1.0.1 --signed-by release.pub.pem',
  ],
  run: async (line, terminal) => (await import('../../models/sign.ts')).sign(line, terminal),
});
