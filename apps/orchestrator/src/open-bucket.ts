/** A bucket of the object store that the orchestrator's environment names. */
import { createMinioStore } from '@graft/artifacts';
import type { OrchestratorEnvironment } from './environment.js';

export const openBucket = (environment: OrchestratorEnvironment, bucket: string): ReturnType<typeof createMinioStore> =>
  createMinioStore({
    endpoint: environment.GRAFT_S3_ENDPOINT,
    accessKey: environment.GRAFT_S3_ACCESS_KEY,
    secretKey: environment.GRAFT_S3_SECRET_KEY,
    region: environment.GRAFT_S3_REGION,
    bucket,
  });
