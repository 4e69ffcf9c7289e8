/** What WebGPU needs of a Linux machine: the Vulkan loader, and a driver that it finds. */
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { LibrarySearch } from './library-search.ts';
import type { Requirement } from './report.ts';

const VULKAN_LOADER = 'libvulkan.so.1';

/** Where the loader looks for the manifests of drivers. */
const DRIVER_FOLDERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** lavapipe and SwiftShader draw on the CPU, where ONNX Runtime's own kernels are faster. */
const SOFTWARE = /^lvp_|swiftshader/;

export function webgpuRequirements(
  libraries: LibrarySearch,
  driverFolders: readonly string[] = DRIVER_FOLDERS,
  named: readonly string[] = namedByEnvironment(),
): readonly Requirement[] {
  const loader = libraries.find(VULKAN_LOADER);
  const installed = driverFolders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder));
  const manifests = [...installed, ...named.map((file) => basename(file))];
  const drivers = manifests.filter((manifest) => !SOFTWARE.test(manifest));
  return [
    {
      of: 'webgpu',
      name: 'Vulkan loader',
      wanted: VULKAN_LOADER,
      found: loader ?? 'none',
      met: loader !== undefined,
      indispensable: true,
      ...(loader === undefined && { advice: 'install the Vulkan loader (Debian, Ubuntu: libvulkan1)' }),
    },
    {
      of: 'webgpu',
      name: 'Vulkan driver',
      wanted: 'of a GPU, in icd.d',
      found: manifests.join(', ') || 'none',
      met: drivers.length > 0,
      indispensable: true,
      ...(drivers.length === 0 && {
        advice:
          'install the Vulkan part of the driver; a container gets it with NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics',
      }),
    },
  ];
}

/** Manifests that the loader is told to read in place of those of its folders. */
function namedByEnvironment(): readonly string[] {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  return (VK_DRIVER_FILES ?? VK_ICD_FILENAMES ?? '').split(':').filter((file) => file !== '');
}
