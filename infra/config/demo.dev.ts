/** Works as it is: the default models, in whatever account and region the credentials are for. */
import { defineConfig } from '@pilotlight/constructs/app';

export default defineConfig({
  removalPolicy: 'destroy',
  functions: {
    main: { models: ['sentiment', 'intent', 'slots'] },
  },
});
