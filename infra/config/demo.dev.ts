/** Works as it is: the default models, in whatever account and region the credentials are for. */
import { defineConfig } from './schema.ts';

export default defineConfig({
  removalPolicy: 'destroy',
  functions: {
    main: { models: ['sentiment', 'intent', 'slots'] },
  },
});
