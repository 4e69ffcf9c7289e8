import { isOlder } from '@pilotlight/engine/internal/session/provider-requirements';
import { type Check, failure, ok } from '../finding.ts';

/** The platforms that onnxruntime-node 1.30 has binaries for. */
const PLATFORMS = ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64', 'win32/arm64'];
/** The newest symbols that its libonnxruntime.so asks for. */
const OLDEST_GLIBC = '2.28';

export const platform: Check = {
  name: 'platform',
  judge({ system: { platform: name, arch, glibc } }) {
    const found = `${name}/${arch}`;
    if (!PLATFORMS.includes(found)) {
      return failure(
        found,
        `ONNX Runtime has binaries for ${PLATFORMS.join(', ')}: take one of them, or a container`,
      );
    }
    if (name !== 'linux') return ok(found);
    if (glibc === undefined) {
      return failure(
        `${found}, without the GNU C library`,
        'ONNX Runtime needs it: take an image of Debian, such as node:24-slim, in place of Alpine',
      );
    }
    return isOlder(glibc, OLDEST_GLIBC)
      ? failure(
          `${found}, glibc ${glibc}`,
          `ONNX Runtime needs glibc ${OLDEST_GLIBC}: take a newer release of the system`,
        )
      : ok(`${found}, glibc ${glibc}`);
  },
};
