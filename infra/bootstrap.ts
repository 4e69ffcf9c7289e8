/** `npm run bootstrap -- --team acme --env prod`: `cdk bootstrap` with what the configuration of that deployment asks for. */
import { fileURLToPath } from 'node:url';
import { bootstrapOptions, endWhereRefused, loadDeployment } from '@pilotlight/constructs/app';
import { runCdk, withContext } from 'pilotlight/internal/cdk/cdk-command';

await endWhereRefused(async () => {
  const given = withContext(process.argv.slice(2));
  const context = (name: string) =>
    given.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const folder = context('configFolder') ?? fileURLToPath(new URL('./config/', import.meta.url));
  const { config } = await loadDeployment({ team: context('team'), env: context('env') }, folder);
  const args = ['bootstrap', ...bootstrapOptions(config), ...given];
  console.error(`cdk ${args.join(' ')}`);
  process.exitCode = await runCdk(args);
});
