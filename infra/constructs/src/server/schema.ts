/** The long-lived server: the tasks that it runs as, the instances below them, and when there is one task more. */
import { Token } from 'aws-cdk-lib';
import * as z from 'zod';
import { count, days, modelRefs, nonEmpty, subnetsByZone, textLike, vpcId } from '../common/fields.ts';
import { followedRegistrySchema } from '../common/followed-registry.ts';

/** The GPU instances that servers run on. */
export const gpuSchema = z.strictObject({
  instanceTypes: z
    .array(nonEmpty)
    .min(1)
    .readonly()
    .default(['g6.*'])
    .describe('Instance types to choose from; g6 has an NVIDIA L4 with 24 GB'),
  count: count.default(1).describe('GPUs of one instance; a task uses as many'),
  spot: z
    .boolean()
    .default(false)
    .describe(
      "Whether instances are spot instances: cheaper, and AWS takes them back with two minutes' notice",
    ),
  scaleInAfterMinutes: z
    .int()
    .min(0)
    .max(60)
    .default(5)
    .describe('Minutes for which an instance stays that runs no server, ready for the next'),
  storageGibibytes: count.default(80).describe('Disk of an instance, for images and temporary files'),
});

export const taskSchema = z.strictObject({
  cpuUnits: count.default(3072).describe('1,024 are one vCPU; a g6.xlarge has 4,096'),
  memoryMegabytes: count.default(13_312).describe('Memory, of the 16,384 of a g6.xlarge'),
  registry: followedRegistrySchema
    .exactOptional()
    .describe(
      'A registry: its aliases say which versions are served, without another deployment. Default: the packages of the image',
    ),
  environment: z.record(z.string(), z.string()).default({}).describe('Further settings of the server'),
});

export const scalingSchema = z
  .strictObject({
    minTasks: z.int().min(0).default(0).describe('Servers that always run'),
    maxTasks: count.default(2).describe('Servers at most'),
    jobsPerTask: count.default(100).describe('Jobs, waiting and in work, that one server is started for'),
    maxJobAgeMinutes: count
      .default(5)
      .describe('Minutes that the oldest job waits before one server more is started'),
    requestsPerTask: count.default(600).describe('Requests a minute that one server is started for'),
    idleAfterMinutes: z
      .int()
      .min(1)
      .max(1440)
      .default(10)
      .describe('Idle minutes after which the last one goes'),
  })
  .refine(({ minTasks, maxTasks }) => minTasks <= maxTasks, {
    path: ['minTasks'],
    error: 'must not be above maxTasks',
  });
export type Scaling = z.output<typeof scalingSchema>;

export const jobsSchema = z.strictObject({
  resultExpirationDays: days.default(7).describe('Days after which jobs and results are deleted'),
  removalPolicy: z
    .enum(['destroy', 'retain'])
    .default('retain')
    .describe('What becomes of the buckets of jobs and of access logs with the stack'),
});

const OCTET = String.raw`(25[0-5]|2[0-4]\d|1?\d?\d)`;
/** AWS takes /16 to /28 for a VPC, and two subnets of a load balancer need /26. */
const RANGE = new RegExp(String.raw`^(${OCTET}\.){3}${OCTET}/(1[6-9]|2[0-6])$`);
const ownNetwork = {
  cidr: textLike(RANGE, 'must be a range from /16 to /26, such as 10.97.0.0/22')
    .exactOptional()
    .describe('Address range of the VPC. Default: 10.97.0.0/22'),
  zones: z
    .array(nonEmpty)
    .min(2, 'must name two zones at least, as the load balancer needs')
    .refine((zones) => new Set(zones).size === zones.length, 'must name a zone once')
    .readonly()
    .exactOptional()
    .describe('Availability zones, such as those that have the instance type. Default: the first two'),
};

/** A subnet of a load balancer has 32 addresses at least: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer */
const SUBNET_ADDRESSES = 32;
/** The gateway has a subnet of 16 addresses in each zone. */
const GATEWAY_ADDRESSES = 16;

/** Whether the range has room for the subnets of each zone, which have a power of two of addresses. */
function hasRoom({
  kind,
  cidr,
  zones,
}: {
  kind: 'endpoints' | 'nat';
  cidr?: string;
  zones?: readonly string[];
}): boolean {
  if (cidr === undefined || Token.isUnresolved(cidr)) return true;
  const { length = 2 } = zones ?? {};
  const [subnets, taken] = kind === 'nat' ? [2 * length, GATEWAY_ADDRESSES * length] : [length, 0];
  return (2 ** (32 - Number(cidr.split('/')[1])) - taken) / subnets >= SUBNET_ADDRESSES;
}
const noRoom = {
  path: ['cidr'],
  error: `must have room for subnets of ${SUBNET_ADDRESSES} addresses in each zone: choose a larger range, such as 10.97.0.0/22`,
};

/** The network of the server. Another one is made beside the old one, which goes once no function stands in it. */
export const networkSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('endpoints'), ...ownNetwork }).refine(hasRoom, noRoom),
  z.strictObject({ kind: z.literal('nat'), ...ownNetwork }).refine(hasRoom, noRoom),
  z.strictObject({
    kind: z.literal('given'),
    vpcId: vpcId.describe('A VPC that is there, and resolves names of AWS to its endpoints if it has some'),
    subnets: subnetsByZone
      .refine(
        (subnets) => Object.keys(subnets).length > 1,
        'must have two zones at least, as the load balancer needs',
      )
      .describe(
        'Its private subnets by their availability zones, from which ECS, ECR, S3, SQS and CloudWatch Logs can be reached',
      ),
  }),
]);
export type NetworkSettings = z.output<typeof networkSchema>;

export const serverFields = {
  gpu: gpuSchema.prefault({}).describe('The instances with a GPU that servers run on'),
  task: taskSchema.prefault({}).describe('What one server has of its instance'),
  scaling: scalingSchema.prefault({}).describe('When there is one server more, and when none'),
  jobs: jobsSchema.prefault({}).describe('How long jobs are kept'),
};
export const serverSchema = z.strictObject({
  models: modelRefs.exactOptional().describe('Models that a task loads before it takes requests'),
  ...serverFields,
});
export type ServerSettings = z.input<typeof serverSchema>;
