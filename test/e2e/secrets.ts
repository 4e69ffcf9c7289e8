/** Secrets Manager's GetSecretValue on this machine. */
import { createServer } from 'node:http';
import { listenOnLoopback } from '../unit/functions/warmer/loopback.ts';

export function serveSecret(secret: string): Promise<{ url: string; stop: () => Promise<void> }> {
  return listenOnLoopback(
    createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ Name: 'keys', SecretString: secret }));
    }),
  );
}
