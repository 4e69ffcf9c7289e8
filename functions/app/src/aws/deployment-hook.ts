/** Tells AWS CodeDeploy what came of a lifecycle hook. */
import {
  CodeDeployClient,
  type CodeDeployClientConfig,
  LifecycleEventAlreadyCompletedException,
  PutLifecycleEventHookExecutionStatusCommand,
} from '@aws-sdk/client-codedeploy';

/** One run of a hook, as CodeDeploy names it. */
export interface HookExecution {
  readonly deploymentId: string;
  readonly lifecycleEventHookExecutionId: string;
}

/** `Failed` ends the deployment, and CodeDeploy rolls back. */
export type HookStatus = 'Succeeded' | 'Failed';

/** Rejects with what the service or the network said. */
export type ReportStatus = (execution: HookExecution, status: HookStatus) => Promise<void>;

/** @param config - where another endpoint than the region's own is to be reached */
export function statusReporter(config: CodeDeployClientConfig = {}): ReportStatus {
  const client = new CodeDeployClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    ...config,
  });
  return async (execution, status) => {
    try {
      await client.send(new PutLifecycleEventHookExecutionStatusCommand({ ...execution, status }));
    } catch (error) {
      // CodeDeploy got an earlier report, whose answer was lost on its way.
      if (!(error instanceof LifecycleEventAlreadyCompletedException)) throw error;
    }
  };
}
