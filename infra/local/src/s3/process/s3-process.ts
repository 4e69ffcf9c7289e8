/** The program of a process that is an S3 and nothing else. It ends, and removes its folder, when whoever started it has ended. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { startS3 } from '../server.ts';
import { orderSchema } from './protocol.ts';
import { report } from './report.ts';

const [message] = await once(process, 'message');
const { port, allowedHosts, ...order } = orderSchema.parse(message);
process.once('disconnect', () => {
  rmSync(order.folder, { recursive: true, force: true });
  process.exit();
});
try {
  const { endpoint } = await startS3({
    ...order,
    ...(port && { port: { wanted: port.wanted, elseFree: port.elseFree === true } }),
    ...(allowedHosts && { allowedHosts }),
    notify: (notification) => report({ kind: 'notification', notification }),
    failed: (error) => report({ kind: 'failed', message: describe(error) }),
  });
  report({ kind: 'listening', endpoint });
} catch (error) {
  const code = PilotlightError.is(error) ? error.code : '';
  report({ kind: 'not-started', code, message: describe(error) });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
