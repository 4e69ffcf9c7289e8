/** The ways in which a deployed API lets callers in, of which each deployment chooses one. On one's own machine there is none. */
export const securitySchemes = {
  iam: {
    type: 'apiKey',
    in: 'header',
    name: 'authorization',
    description: 'A signature of AWS, version 4, for the service execute-api',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
  jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token of the issuer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A key of the deployment' },
} as const;

export const SECURITY = [{}, { iam: [] }, { jwt: [] }, { apiKey: [] }];
