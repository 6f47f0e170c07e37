/** The activities of the queue `control`. */
import type { ControlActivities } from '@graft/contracts';
import { createBulkActivities } from './bulk-classifications.js';
import type { ControlDependencies } from './dependencies.js';
import { createLandingActivities } from './landings.js';
import { createPromotionActivities } from './promotions.js';
import { createRegisterVersion } from './register-version.js';
import { createReproductionActivities } from './reproductions.js';
import { createRunActivities } from './runs.js';
import { createSelectionActivities } from './selections.js';
import { createSkipRun } from './skip-run.js';
import { createSubscriptionActivities } from './subscriptions.js';
import { createWatchReportActivities } from './watch-reports.js';

export const createControlActivities = (dependencies: ControlDependencies): ControlActivities => ({
  ...createLandingActivities(dependencies),
  ...createWatchReportActivities(dependencies),
  ...createSubscriptionActivities(dependencies),
  ...createRunActivities(dependencies),
  skipRun: createSkipRun(dependencies),
  registerVersion: createRegisterVersion(dependencies),
  ...createPromotionActivities(dependencies),
  ...createSelectionActivities(dependencies),
  ...createReproductionActivities(dependencies),
  ...createBulkActivities(dependencies),
});
