/** Every workflow type that the orchestrator's worker knows, by the name that it is started with (WORKFLOW_TYPES). */
export { watchDataset } from './watch-dataset.js';
export { ingestDataset } from './ingest-dataset.js';
export { retrain } from './retrain.js';
export { promote } from './promote.js';
export { reconcileLandings } from './reconcile-landings.js';
export { select } from './select.js';
export { scheduledRun } from './scheduled-run.js';
export { finalist } from './finalist.js';
export { classifyPrefix } from './classify-prefix.js';
export { reproduceVersion } from './reproduce-version.js';
