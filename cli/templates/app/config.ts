/** The models that this app serves, and how it serves them. */
export const config = {
  /** Folders of `models/`: a name stands for its highest version, `name@version` for one. */
  models: ['sentiment'],
  /** Add `memoryMegabytes` for more or fewer vCPUs; the default buys one. */
  lambda: { architecture: 'arm64' },
  /** Requests per second, and how many at once, that the API lets through. */
  throttle: { ratePerSecond: 50, burst: 100 },
  /** `OWNER/NAME` on GitHub: its workflows get roles that deploy this app, and that compare pull requests. README.md goes on. */
  repository: undefined as string | undefined,
} as const;
