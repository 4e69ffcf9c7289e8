/** A server to look at, in a stack that is synthesised fast. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  InferenceServer,
  type InferenceServerProps,
} from '../../../infra/constructs/src/server/inference-server.ts';

const FLAGS = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true };

export type ServerProps = Partial<InferenceServerProps>;

export function makeServer(stack: Stack, props: ServerProps = {}): InferenceServer {
  const image = ContainerImage.fromEcrRepository(
    Repository.fromRepositoryName(stack, 'Images', 'pilotlight'),
    '1',
  );
  return new InferenceServer(stack, 'Server', { image, ...props });
}

/** The template of a server that a role may submit jobs to. */
export function serverTemplate(props: ServerProps | ((stack: Stack) => ServerProps) = {}): Template {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false, context: FLAGS }), 'Stack');
  const server = makeServer(stack, typeof props === 'function' ? props(stack) : props);
  server.grantSubmitJobs(new Role(stack, 'Api', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
  return Template.fromStack(stack);
}
