import { App } from 'aws-cdk-lib';
import { defineDeployment, PilotlightStage } from '@pilotlight/constructs/app';

const config = { functions: { main: { models: ['sentiment', 'intent'] } } };
new PilotlightStage(new App(), defineDeployment({ team: 'acme', env: 'dev', config }));
