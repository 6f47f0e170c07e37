/** What workers share. A subpath of its own (`@graft/platform/temporal`), so that services without Temporal don't load its SDK. */
export { toApplicationFailure, activityErrorInterceptor } from './errors.js';
export { temporalScope, whileBeating } from './activity-scope.js';
export type { ActivityScope } from './activity-scope.js';
